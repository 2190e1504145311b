"""Places by their names."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.places import PlaceList, PlaceQuery
from tripkit.schemas.users import Actor
from tripkit.server.routing import Resource, json_response
from tripkit.services.place_lookup import look_up

routes: Final = Resource("places", "/api/places")


@routes.get("/", scope="plans:read", query=PlaceQuery, answer=PlaceList)
async def find_places(request: Request, actor: Actor, query: PlaceQuery) -> HTTPResponse:  # noqa: ARG001
    """Find towns, airports, regions and countries by name or code, with coordinates, country and time zone.

    So a destination becomes a point on a map, and names are completed while they are typed. Nothing is asked of others:
    the data is that of [GeoNames](https://www.geonames.org) and airportsdata, and comes with tripkit.
    """
    return json_response(await request.app.ctx.bridge.read_much(look_up, query))
