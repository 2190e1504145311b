"""The routes: one module a resource."""

from tripkit.server.routes import auth, checks, gallery, items, money, operations, plans
from tripkit.server.routing import Endpoint

#: Every endpoint there is, in the order of the documentation.
ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.routes.endpoints,
    *plans.routes.endpoints,
    *items.routes.endpoints,
    *money.routes.endpoints,
    *checks.routes.endpoints,
    *gallery.routes.endpoints,
    *operations.routes.endpoints,
)
