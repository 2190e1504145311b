"""Problems (RFC 9457) as the exceptions that a local service would have raised, with the same data."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from tripkit import errors
from tripkit.errors import TripkitError
from tripkit.schemas.problems import Problem

Headers = Mapping[str, str]
_SCOPE: Final = re.compile(r'scope="([^"]*)"')
#: The limit of which nothing remains.
_USED_UP: Final = re.compile(r'"([^"]+)-\d+";r=0\b')
#: What only those can use who write requests themselves.
_FOR_PROGRAMMERS: Final = re.compile(r" Send it (?:with the challenge )?to POST /.*$", re.DOTALL)


def error_of(problem: Problem, headers: Headers) -> TripkitError:
    """The exception for a problem. Its sentence is the server's."""
    detail = _FOR_PROGRAMMERS.sub("", problem.detail)
    slug = problem.type.rpartition("#")[2]
    if make := _WITH_DATA.get(slug):
        error = make(problem, headers)
        error.args = (detail,)
        return error
    kind = _KINDS.get(slug) or _BY_STATUS.get(problem.status, TripkitError)
    error = kind.__new__(kind)
    error.args = (detail,)
    return error


def _retry_after(headers: Headers) -> int:
    text = headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def _invalid(problem: Problem, _: Headers) -> TripkitError:
    return errors.ValidationFailed(problem.errors) if problem.errors else errors.InvalidInput(problem.detail)


def _conflict(problem: Problem, _: Headers) -> TripkitError:
    return errors.Taken(problem.errors) if problem.errors else errors.Conflict(problem.detail)


def _not_found(problem: Problem, _: Headers) -> TripkitError:
    return errors.NotFound(problem.kind or "thing", _key(problem), near=_candidates(problem))


def _stale(problem: Problem, _: Headers) -> TripkitError:
    return errors.StaleVersion(problem.kind or "thing", _key(problem), problem.version or 0)


def _newer_change(problem: Problem, _: Headers) -> TripkitError:
    version = problem.key if isinstance(problem.key, int) else 0
    return errors.NewerChange(version, problem.errors or {}, problem.version or 0)


def _ambiguous(problem: Problem, _: Headers) -> TripkitError:
    return errors.Ambiguous(problem.kind or "thing", str(_key(problem)), _candidates(problem))


def _insufficient_scope(_: Problem, headers: Headers) -> TripkitError:
    scope = _SCOPE.search(headers.get("www-authenticate", ""))
    return errors.InsufficientScope(scope[1] if scope else None)


def _too_many(problem: Problem, headers: Headers) -> TripkitError:
    rule = _USED_UP.search(headers.get("ratelimit", ""))
    return errors.TooManyRequests(rule[1] if rule else "", problem.detail, _retry_after(headers))


def _candidates(problem: Problem) -> list[tuple[int, str]]:
    return [(each.id, each.title) for each in problem.candidates or []]


def _key(problem: Problem) -> int | str:
    return "" if problem.key is None else problem.key


_WITH_DATA: Final[Mapping[str, Callable[[Problem, Headers], TripkitError]]] = {
    "invalid": _invalid,
    "conflict": _conflict,
    "not-found": _not_found,
    "stale": _stale,
    "ambiguous": _ambiguous,
    "newer-change": _newer_change,
    "second-factor-required": lambda problem, _: errors.SecondFactorRequired(problem.challenge or ""),
    "invalid-token": lambda problem, _: errors.InvalidToken(problem.detail),
    "insufficient-scope": _insufficient_scope,
    "too-many-requests": _too_many,
    "busy": lambda problem, headers: errors.Busy(problem.detail, _retry_after(headers)),
}
#: Those that hold a sentence and no more.
_KINDS: Final[Mapping[str, type[TripkitError]]] = {
    "malformed": errors.Malformed,
    "invalid-credentials": errors.InvalidCredentials,
    "invalid-code": errors.InvalidCode,
    "sign-in-failed": errors.SignInFailed,
    "link-password-required": errors.LinkPasswordRequired,
    "wrong-link-password": errors.WrongLinkPassword,
    "not-authenticated": errors.NotAuthenticated,
    "account-disabled": errors.AccountDisabled,
    "reauthentication-required": errors.ReauthenticationRequired,
    "email-not-verified": errors.EmailNotVerified,
    "signup-closed": errors.SignupClosed,
    "sign-in-refused": errors.SignInRefused,
    "forbidden": errors.Forbidden,
    "account-exists": errors.AccountExists,
    "key-reused": errors.KeyReused,
    "last-admin": errors.LastAdmin,
    "provider-unavailable": errors.ProviderUnavailable,
    "database-unavailable": errors.DatabaseError,
}
#: For kinds that a newer server knows.
_BY_STATUS: Final[Mapping[int, type[TripkitError]]] = {
    400: errors.InvalidInput,
    401: errors.NotAuthenticated,
    403: errors.Forbidden,
    409: errors.Conflict,
    413: errors.InvalidInput,
}
