"""The routes: one module a resource."""

from tripkit.server.routes import (
    account_mail,
    account_pages,
    administration,
    auth,
    export,
    gallery,
    invitations,
    operations,
    plans,
)
from tripkit.server.routing import Endpoint

#: Every endpoint there is, in the order of the documentation.
ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.routes.endpoints,
    *account_mail.routes.endpoints,
    *invitations.routes.endpoints,
    *export.routes.endpoints,
    *plans.routes.endpoints,
    *gallery.routes.endpoints,
    *administration.routes.endpoints,
    *account_pages.routes.endpoints,
    *operations.routes.endpoints,
)
