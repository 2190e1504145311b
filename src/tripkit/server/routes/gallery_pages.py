"""The gallery to look at: a list with a form to search it, and a page for each published plan."""

import hashlib
from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.gallery import GalleryPage, PublishedPlan
from tripkit.schemas.users import Actor
from tripkit.server import gallery_html, templating, trip_page
from tripkit.server.answer import Answer
from tripkit.server.conditional import is_known
from tripkit.server.gallery_html import GalleryForm
from tripkit.server.limits import ANONYMOUS
from tripkit.server.links import absolute
from tripkit.server.refusal_page import refused
from tripkit.server.routing import Resource

routes: Final = Resource("pages", "/gallery")
#: As those of the API: a plan may be taken back at any moment.
_CACHE: Final = "private, no-cache"


@routes.get(
    "",
    auth="optional",
    scope="plans:read",
    query=GalleryForm,
    content_type=templating.CONTENT_TYPE,
    limits=(ANONYMOUS,),
    refusal=refused,
)
async def show_gallery(request: Request, actor: Actor | None, query: GalleryForm) -> HTTPResponse:  # noqa: ARG001
    """Look at published plans, the last changed first, and search them."""
    ctx = request.app.ctx
    wanted = gallery_html.query_of(query)
    found: GalleryPage = await ctx.bridge.read_much(ctx.tripkit.gallery.page, wanted)
    return _answer(request, gallery_html.page(query, found, base=ctx.base_path))


@routes.get(
    "/{plan_id}",
    auth="optional",
    scope="plans:read",
    content_type=templating.CONTENT_TYPE,
    limits=(ANONYMOUS,),
    refusal=refused,
)
async def show_gallery_plan(request: Request, actor: Actor | None, plan_id: int) -> HTTPResponse:  # noqa: ARG001
    """Look at a published plan. Costs and booking references are hidden."""
    ctx = request.app.ctx
    plan: PublishedPlan = await ctx.bridge.read_much(ctx.tripkit.gallery.get, plan_id)
    url = absolute(request, f"/gallery/{plan_id}")
    body: bytes = await ctx.bridge.read_much(
        trip_page.page, plan, url=url, base=ctx.base_path, calendar=None, listed=True
    )
    return _answer(request, body)


def _answer(request: Request, body: bytes) -> HTTPResponse:
    """A page, or 304 to a browser that has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": _CACHE}
    return Answer(b"", 304, headers) if is_known(request, tag) else templating.answer(body, headers=headers)
