"""The routes: one module a resource."""

from tripkit.server.routes import auth, gallery, identities, oauth, operations, plans
from tripkit.server.routing import Endpoint

#: Every endpoint there is, in the order of the documentation.
ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.routes.endpoints,
    *oauth.routes.endpoints,
    *identities.routes.endpoints,
    *plans.routes.endpoints,
    *gallery.routes.endpoints,
    *operations.routes.endpoints,
)
