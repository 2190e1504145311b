"""The routes: one module a resource."""

from tripkit.server.routes import (
    account_mail,
    account_pages,
    administration,
    api_tokens,
    auth,
    checks,
    expenses,
    export,
    gallery,
    identities,
    invitations,
    items,
    money,
    oauth,
    operations,
    plans,
    second_factor,
    sessions,
    travellers,
)
from tripkit.server.routing import Endpoint

#: Every endpoint there is, in the order of the documentation.
ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.routes.endpoints,
    *sessions.routes.endpoints,
    *api_tokens.routes.endpoints,
    *second_factor.routes.endpoints,
    *account_mail.routes.endpoints,
    *invitations.routes.endpoints,
    *export.routes.endpoints,
    *oauth.routes.endpoints,
    *identities.routes.endpoints,
    *plans.routes.endpoints,
    *items.routes.endpoints,
    *travellers.routes.endpoints,
    *expenses.routes.endpoints,
    *money.routes.endpoints,
    *checks.routes.endpoints,
    *gallery.routes.endpoints,
    *administration.routes.endpoints,
    *account_pages.routes.endpoints,
    *operations.routes.endpoints,
)
