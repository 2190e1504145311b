"""A refusal as a page of a few words, in the looks of the pages of trips."""

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.errors import Busy, Malformed, NotFound, TooManyRequests, TripkitError, ValidationFailed
from tripkit.server import problems, templating
from tripkit.server.problems import status_of

#: No search engine should remember what was refused.
UNLISTED = {"x-robots-tag": "noindex, nofollow"}


def refused(request: Request, error: TripkitError) -> HTTPResponse:
    """A page that says what is wrong, and what to do about it."""
    if isinstance(error, NotFound):
        return words(request, "There is nothing here", ("Perhaps it is not shown to everybody any more.",), status=404)
    if isinstance(error, Busy | TooManyRequests):
        headers = {"retry-after": str(error.retry_after)}
        return words(request, "Not now", (str(error),), status=status_of(error), headers=headers)
    if isinstance(error, ValidationFailed):
        told = tuple(f"{name} {message}" for name, found in error.errors.items() for message in found)
        return words(request, "This cannot be shown", told, status=400)
    if isinstance(error, Malformed):
        return words(request, "This cannot be shown", (str(error),), status=400)
    return problems.answer(request, error)  # those are about tokens, bodies and headers, which programs send


def words(
    request: Request,
    heading: str,
    paragraphs: tuple[str, ...],
    *,
    template: str = "words.html",
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: str,
) -> HTTPResponse:
    """A page of a heading and paragraphs, which is not to be found by search engines."""
    base = request.app.ctx.base_path
    body = templating.render(template, heading=heading, paragraphs=paragraphs, base=base, listed=False, **values)
    return templating.answer(body, status, {**UNLISTED, **(headers or {})})
