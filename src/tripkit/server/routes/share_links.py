"""Links to a plan, for its owner."""

from typing import Final

import msgspec
from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.share_links import (
    NewShareLink,
    ShareLinkIn,
    ShareLinkList,
    ShareLinkOut,
    ShareLinkPatch,
    ShareViewList,
)
from tripkit.schemas.users import Actor
from tripkit.server.links import absolute
from tripkit.server.routing import Resource, json_response
from tripkit.services.links import shared_page

routes: Final = Resource("sharing", "/api/plans/{plan_id}/share/links")
_NEW: Final = {"plan_id": "$request.path.plan_id", "link_id": "$response.body#/id"}
_OPENED: Final = {"token": "$response.body#/token"}


@routes.get("/", scope="plans:read", answer=ShareLinkList)
async def list_share_links(request: Request, actor: Actor, plan_id: int) -> ShareLinkList:
    """List the links to a plan of yours, the newest first. There are 100 at most."""
    ctx = request.app.ctx
    found: ShareLinkList = await ctx.bridge.read(ctx.tripkit.share_links.all, actor, plan_id)
    return found


@routes.post(
    "/",
    scope="plans:write",
    body=ShareLinkIn,
    answer=NewShareLink,
    status=201,
    problems=(409,),
    links=dict.fromkeys(("get_share_link", "edit_share_link", "revoke_share_link", "list_share_views"), _NEW)
    | dict.fromkeys(("get_shared_plan", "get_shared_calendar", "show_shared_page"), _OPENED),
)
async def create_share_link(request: Request, actor: Actor, plan_id: int, body: ShareLinkIn) -> HTTPResponse:
    """Make a link to a plan of yours. The answer is the only one that shows it.

    Whoever has the link reads the plan without an account, but for what is hidden.
    """
    ctx = request.app.ctx
    link, token = await ctx.bridge.hash(ctx.tripkit.share_links.create, actor, plan_id, body)
    made = NewShareLink(**msgspec.structs.asdict(link), token=token, url=absolute(request, shared_page(token)))
    return json_response(made, 201, {"location": f"{ctx.base_url}/api/plans/{plan_id}/share/links/{link.id}/"})


@routes.get("/{link_id}/", scope="plans:read", answer=ShareLinkOut)
async def get_share_link(request: Request, actor: Actor, plan_id: int, link_id: int) -> ShareLinkOut:
    """Look at a link, without what would let anybody use it."""
    ctx = request.app.ctx
    found: ShareLinkOut = await ctx.bridge.read(ctx.tripkit.share_links.get, actor, plan_id, link_id)
    return found


@routes.patch("/{link_id}/", scope="plans:write", body=ShareLinkPatch, answer=ShareLinkOut)
async def edit_share_link(
    request: Request, actor: Actor, plan_id: int, link_id: int, body: ShareLinkPatch
) -> ShareLinkOut:
    """Change a link: it acts at once. What is left out stays."""
    ctx = request.app.ctx
    changed: ShareLinkOut = await ctx.bridge.hash(ctx.tripkit.share_links.edit, actor, plan_id, link_id, body)
    return changed


@routes.delete("/{link_id}/", scope="plans:write", status=204)
async def revoke_share_link(request: Request, actor: Actor, plan_id: int, link_id: int) -> None:
    """Revoke a link: it is worth nothing at once, and its log of views is deleted."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.share_links.revoke, actor, plan_id, link_id)


@routes.get("/{link_id}/views/", scope="plans:read", answer=ShareViewList)
async def list_share_views(request: Request, actor: Actor, plan_id: int, link_id: int) -> ShareViewList:
    """See who looked at a link, roughly: by day, network and kind of browser, the last days first.

    Views are kept for 90 days, and of one link 500 lines at most.
    """
    ctx = request.app.ctx
    found: ShareViewList = await ctx.bridge.read(ctx.tripkit.share_links.views, actor, plan_id, link_id)
    return found
