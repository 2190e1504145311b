"""The agenda of all plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.agenda import Agenda, AgendaQuery
from tripkit.schemas.users import Actor
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("agenda", "/api/agenda")


@routes.get("/", scope="plans:read", query=AgendaQuery, answer=Agenda)
async def get_agenda(request: Request, actor: Actor, query: AgendaQuery) -> HTTPResponse:
    """See what happens when, in local time, in all plans that you may read, and what is on now and comes next.

    What lasts several days is on each of them, and a plan in which nothing has a date is on its own dates.
    """
    ctx = request.app.ctx
    return json_response(await ctx.bridge.read_much(ctx.tripkit.agendas.get, actor, query))
