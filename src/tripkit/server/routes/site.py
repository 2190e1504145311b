"""What belongs to all pages that people look at: their looks, and the page that one starts at."""

import hashlib
from functools import cache
from importlib import resources
from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.server import templating
from tripkit.server.answer import Answer
from tripkit.server.conditional import is_known
from tripkit.server.routing import Resource

routes: Final = Resource("pages", "")
_STYLE: Final = "text/css"
_ICON: Final = "image/svg+xml"


@routes.get("/", auth=False, content_type=templating.CONTENT_TYPE)
async def home(request: Request) -> HTTPResponse:
    """Where one starts: leads to the gallery, and to the reference."""
    ctx = request.app.ctx
    values = {
        "heading": "tripkit",
        "paragraphs": ("This is a tripkit server: trips are planned here, with the command line or an app.",),
        "gallery": ctx.tripkit.settings.plans.gallery,
        "base": ctx.base_path,
        "listed": True,
    }
    return templating.answer(templating.render("home.html", **values), headers={"cache-control": "no-cache"})


@routes.get("/pages/style.css", auth=False, content_type=_STYLE)
async def style(request: Request) -> HTTPResponse:
    """The looks of the pages of trips."""
    return _asset(request, "pages.css", f"{_STYLE}; charset=utf-8")


@routes.get("/pages/icon.svg", auth=False, content_type=_ICON)
async def icon(request: Request) -> HTTPResponse:
    """The icon of the pages of trips."""
    return _asset(request, "pages.svg", _ICON)


def _asset(request: Request, name: str, content_type: str) -> HTTPResponse:
    """A file of the package. It changes with the version, so browsers ask before they use what they have."""
    body, tag = _read(name)
    headers = {"etag": tag, "cache-control": "no-cache"}
    if is_known(request, tag):
        return Answer(b"", 304, headers)
    return Answer(body, 200, headers, content_type)


@cache
def _read(name: str) -> tuple[bytes, str]:
    body = resources.files("tripkit").joinpath(f"data/{name}").read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'
