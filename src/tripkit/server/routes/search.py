"""Searching plans and items."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.search import SearchHit, SearchList, SearchPage, SearchQuery
from tripkit.schemas.users import Actor
from tripkit.server.pages import page_response
from tripkit.server.routing import Resource

routes: Final = Resource("search", "/api/search")


@routes.get("/", scope="plans:read", query=SearchQuery, answer=SearchList)
async def search(request: Request, actor: Actor, query: SearchQuery) -> HTTPResponse:
    """Find plans and items by words in titles, destinations, places, tags, descriptions and notes.

    All words have to be there, or words that begin with them; accents and capitals may be left out. Best come first:
    the words in the title, then in places, then anywhere. What is in the trash is not found.
    """
    ctx = request.app.ctx
    page: SearchPage = await ctx.bridge.read_much(ctx.tripkit.search.page, actor, query)
    return page_response(request, "/api/search/", page, SearchHit, None)
