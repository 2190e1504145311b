"""The routes: one module a resource."""

from tripkit.server.routes import api_tokens, auth, operations, plans, second_factor, sessions
from tripkit.server.routing import Endpoint

#: Every endpoint there is, in the order of the documentation.
ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.routes.endpoints,
    *sessions.routes.endpoints,
    *api_tokens.routes.endpoints,
    *second_factor.routes.endpoints,
    *plans.routes.endpoints,
    *operations.routes.endpoints,
)
