"""`tripkit` with more routes: content for everybody, which only limits guard."""

import msgspec
from sanic import Request

from tripkit.__main__ import main
from tripkit.errors import InvalidCredentials
from tripkit.server import limits, routes
from tripkit.server.routing import Resource

extra = Resource("free", "/free")


class Free(msgspec.Struct):
    """Something to read."""

    text: str


@extra.get("/", auth=False, answer=Free, limits=(limits.ANONYMOUS,))
async def free(request: Request) -> Free:
    """Something to read without an account."""
    return Free("free")


class Word(msgspec.Struct):
    """What opens the door."""

    word: str


@extra.post(
    "/door/",
    auth=False,
    body=Word,
    answer=Free,
    limits=(limits.ANONYMOUS, limits.Limit("share_password", lambda request, _: request.ctx.client_key, failures=True)),
)
async def door(request: Request, body: Word) -> Free:
    """Something to read for those who know the word. Every request counts, and wrong words twice."""
    if body.word != "sesame":
        raise InvalidCredentials
    return Free("treasure")


if __name__ == "__main__":
    routes.ENDPOINTS += tuple(extra.endpoints)
    main()
