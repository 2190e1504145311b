"""Errors as `application/problem+json` (RFC 9457): the one place that knows which refusal is which status."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sanic import Request
from sanic import exceptions as sanic_errors
from sanic.handlers import ErrorHandler
from sanic.response import HTTPResponse

from tripkit import errors
from tripkit.schemas.names import Candidate
from tripkit.schemas.problems import Problem
from tripkit.server import plain_page
from tripkit.server.answer import Answer

CONTENT_TYPE: Final = "application/problem+json"
#: Of the things that a name may mean, so many are told.
_SHOWN: Final = 20
_log = logging.getLogger("tripkit.server")


class Kind(msgspec.Struct, frozen=True):
    """A kind of problem: the `type` is its anchor in the documentation."""

    slug: str
    status: int
    title: str


KINDS: Final[Mapping[type[Exception], Kind]] = {
    errors.Malformed: Kind("malformed", 400, "The request cannot be read"),
    errors.InvalidInput: Kind("invalid", 400, "Some of the input is wrong"),
    errors.InvalidCredentials: Kind("invalid-credentials", 401, "Wrong address or password"),
    errors.InvalidCode: Kind("invalid-code", 401, "Wrong code"),
    errors.SecondFactorRequired: Kind("second-factor-required", 401, "A code of the second factor is needed"),
    errors.InvalidToken: Kind("invalid-token", 401, "The token cannot be accepted"),
    errors.SignInFailed: Kind("sign-in-failed", 401, "The sign-in could not be completed"),
    errors.WrongLinkPassword: Kind("wrong-link-password", 401, "Wrong password"),
    errors.LinkPasswordRequired: Kind("link-password-required", 401, "The link has a password"),
    errors.NotAuthenticated: Kind("not-authenticated", 401, "Sign in first"),
    errors.AccountDisabled: Kind("account-disabled", 403, "The account is disabled"),
    errors.InsufficientScope: Kind("insufficient-scope", 403, "The API token was not made for this"),
    errors.ReauthenticationRequired: Kind("reauthentication-required", 403, "Give your password or a code again"),
    errors.EmailNotVerified: Kind("email-not-verified", 403, "The email address has to be confirmed first"),
    errors.SignupClosed: Kind("signup-closed", 403, "Sign-up is not open to everybody"),
    errors.SignInRefused: Kind("sign-in-refused", 403, "You cannot sign in here"),
    errors.Forbidden: Kind("forbidden", 403, "Not allowed"),
    errors.NotFound: Kind("not-found", 404, "Not found"),
    sanic_errors.NotFound: Kind("not-found", 404, "Not found"),
    sanic_errors.MethodNotAllowed: Kind("method-not-allowed", 405, "This method is not offered here"),
    sanic_errors.RequestTimeout: Kind("timeout", 408, "The request took too long to arrive"),
    errors.Conflict: Kind("conflict", 409, "It clashes with what is there"),
    errors.AccountExists: Kind("account-exists", 409, "An account has this address already"),
    errors.KeyReused: Kind("key-reused", 409, "The Idempotency-Key belongs to another request"),
    errors.Ambiguous: Kind("ambiguous", 409, "Several things have this name"),
    errors.NewerChange: Kind("newer-change", 409, "Something newer is in the way"),
    errors.LastAdmin: Kind("last-admin", 409, "The last administrator has to stay one"),
    errors.StaleVersion: Kind("stale", 412, "It has changed since you read it"),
    sanic_errors.PayloadTooLarge: Kind("too-large", 413, "The request is too large"),
    errors.TooManyRequests: Kind("too-many-requests", 429, "Too many requests"),
    errors.Busy: Kind("busy", 503, "Try again later"),
    errors.ProviderUnavailable: Kind("provider-unavailable", 503, "The sign-in provider cannot be used"),
    errors.DatabaseError: Kind("database-unavailable", 503, "The database is not available"),
    sanic_errors.ServiceUnavailable: Kind("busy", 503, "Try again later"),
    sanic_errors.SanicException: Kind("bad-request", 400, "The request cannot be read"),
    Exception: Kind("internal", 500, "Something went wrong on the server"),
}


class NotAcceptable(errors.TripkitError):
    """The caller accepts nothing that is made here."""


class UnsupportedMediaType(errors.TripkitError):
    """The body is of a type that is not taken here."""


HTTP_KINDS: Final[Mapping[type[Exception], Kind]] = {
    NotAcceptable: Kind("not-acceptable", 406, "No acceptable form of answer"),
    UnsupportedMediaType: Kind("unsupported-media-type", 415, "This type of body is not taken here"),
}
_ALL: Final = {**KINDS, **HTTP_KINDS}
#: For the log only: Sanic's `RequestCancelled` is no Exception, and nobody is there to read the answer.
_GONE: Final = Kind("gone", 499, "The client went away")


def answer(request: Request, error: Exception) -> HTTPResponse:
    """The problem for an exception; what is not ours to show is logged and not told."""
    kind = _kind(error)
    headers: dict[str, str] = {}
    if kind.status == 401 or isinstance(error, errors.InsufficientScope):
        headers["www-authenticate"] = _challenge(error)
    if isinstance(error, errors.Busy | errors.TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
    elif kind.status == 503:
        headers["retry-after"] = "5"
    if isinstance(error, errors.StaleVersion):
        headers["etag"] = f'"{error.current}"'
    if isinstance(error, sanic_errors.MethodNotAllowed):
        headers["allow"] = ", ".join(sorted({*error.headers.get("Allow", "").split(", "), "OPTIONS"} - {""}))
    problem = Problem(
        type=f"/docs#{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=_detail(request, error, kind),
        request_id=request.ctx.id,
        errors=getattr(error, "errors", None),
        version=error.current if isinstance(error, errors.StaleVersion | errors.NewerChange) else None,
        challenge=error.challenge if isinstance(error, errors.SecondFactorRequired) else None,
        **_what(error),
    )
    if getattr(request.ctx, "page", False) and plain_page.is_wanted(request):
        return plain_page.answer(problem.title, [problem.detail, *_wrong_fields(problem)], kind.status, headers)
    return Answer(msgspec.json.encode(problem), kind.status, headers, CONTENT_TYPE)


def _what(error: Exception) -> dict[str, Any]:
    """What it is about, for programs that want more than the sentence."""
    if isinstance(error, errors.NotFound | errors.StaleVersion):
        found: dict[str, Any] = {"kind": error.kind}
        found["key"] = error.key if isinstance(error.key, int) else _text(str(error.key))
        if isinstance(error, errors.StaleVersion):
            return found | {"current": error.record}
        return found | {"candidates": _candidates(error.near) or None}
    if isinstance(error, errors.NewerChange):
        return {"key": error.version}
    if isinstance(error, errors.Ambiguous):
        return {"kind": error.kind, "key": _text(error.text), "candidates": _candidates(error.candidates)}
    return {}


def _candidates(found: list[tuple[int, str]]) -> list[Candidate]:
    return [Candidate(number, title) for number, title in found[:_SHOWN]]


def _text(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()  # a header may hold bytes that are no text


def _wrong_fields(problem: Problem) -> list[str]:
    return [f"{name} {message}" for name, found in (problem.errors or {}).items() for message in found]


class ProblemHandler(ErrorHandler):
    """Sanic's hook for exceptions, from our code and from its own."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        kind = _kind(exception)
        if kind.status == 500:
            fields = {"request_id": request.ctx.id, "route": getattr(request.route, "uri", None)}
            _log.error("unexpected error", exc_info=exception, extra={"fields": fields})
        elif isinstance(exception, errors.DatabaseError):
            _log.error("%s", exception, extra={"fields": {"request_id": request.ctx.id}})
        return answer(request, exception)

    def lookup(self, exception: Exception, route_name: str | None = None) -> Any:  # noqa: ARG002
        return None


def slug(error: Exception) -> str:
    """The kind of problem, as in its `type`."""
    return _kind(error).slug


def status_of(error: Exception) -> int:
    """The status that an answer about it has."""
    return _kind(error).status


def _kind(error: Exception) -> Kind:
    kind = next((_ALL[each] for each in type(error).__mro__ if each in _ALL), _GONE)
    status = getattr(error, "status_code", None)
    if isinstance(error, sanic_errors.SanicException) and kind.slug == "bad-request" and status != 400:
        if isinstance(status, int) and 400 <= status < 500:
            return Kind("bad-request", status, kind.title)
        return _ALL[Exception]
    return kind


def _detail(request: Request, error: Exception, kind: Kind) -> str:
    if isinstance(error, errors.DatabaseError):
        return "The server cannot use its database at the moment. Its log says why."
    if isinstance(error, errors.SecondFactorRequired):
        return f"{error} Send it with the challenge to POST /api/auth/login/second-factor/, within 5 minutes."
    if isinstance(error, errors.ReauthenticationRequired):
        return f"{error} Send it to POST /api/auth/reauth/, then repeat this request."
    if isinstance(error, errors.TripkitError):
        return _text(str(error))
    if kind.slug == "not-found":
        return "There is nothing at this address. All addresses are at /docs."
    if kind.slug == "method-not-allowed":
        return f"{request.method} is not offered at this address; the header Allow says what is."
    if kind.slug == "too-large":
        most = request.app.config.REQUEST_MAX_SIZE
        return f"A body may have at most {most} bytes, and an address with all headers 8192."
    if kind.slug == "timeout":
        return f"The whole request must arrive within {request.app.config.REQUEST_TIMEOUT} s."
    if kind.slug == "busy":
        return "The server is busy. Try again in a moment."
    if kind.slug == "bad-request":
        return "This is not a request that HTTP allows."
    return f"It is not your fault. Tell whoever runs this server the request id {request.ctx.id}."


def _challenge(error: Exception) -> str:
    """RFC 6750: a request without credentials gets the bare challenge."""
    if isinstance(error, errors.InsufficientScope):
        scope = f', scope="{error.required}"' if error.required else ""
        return f'Bearer realm="tripkit", error="insufficient_scope"{scope}'
    invalid = ', error="invalid_token"' if isinstance(error, errors.InvalidToken) else ""
    return f'Bearer realm="tripkit"{invalid}'
