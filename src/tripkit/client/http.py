"""Requests to one server: signed, repeated where that is safe, and only believed where tripkit answers.

A redirect is never followed, so that no token goes to another host. A request whose answer was lost is repeated when
the server does it once (a GET, or what bears an Idempotency-Key); one that never arrived, or that the server was too
busy for, is repeated in any case.
"""

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx2
import msgspec

from tripkit import __version__
from tripkit.client.authorization import Authorization
from tripkit.client.problems import error_of
from tripkit.errors import Busy, IncompatibleServer, InvalidToken, ReauthenticationRequired, ServerUnavailable
from tripkit.schemas.contract import API, API_HEADER
from tripkit.schemas.problems import Problem
from tripkit.schemas.users import Reauthenticated, ReauthenticationIn, RefreshIn, TokenPair

T = TypeVar("T")
#: Asks for the password, or a code of the second factor, again.
Confirm = Callable[[], ReauthenticationIn]

_JSON: Final = "application/json"
_MERGE_PATCH: Final = "application/merge-patch+json"
#: Seconds before each repetition.
WAITS: Final = (0.1, 0.5)
#: The longest that a busy server is waited for.
_PATIENCE: Final = 5

# Their messages show addresses with everything in them.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Http:
    """Asks one server."""

    def __init__(self, url: str, authorization: Authorization, *, timeout: float, confirm: Confirm | None) -> None:
        self.url, self._authorization, self._confirm = url, authorization, confirm
        self._timeout = timeout
        #: The contract that the server keeps, once it has answered.
        self.api: tuple[int, int] | None = None
        self._client = httpx2.Client(
            headers={"accept": f"{_JSON}, application/problem+json", "user-agent": f"tripkit/{__version__} client"},
            timeout=timeout,
            # The certificates of the system; loading them takes long, and nothing on this machine needs them.
            verify=ssl.create_default_context() if url.startswith("https:") else False,
            follow_redirects=False,
            # A proxy of the environment may carry what is encrypted; it does not get to read what is not.
            trust_env=url.startswith("https:"),
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def read(self, path: str, kind: type[T], query: msgspec.Struct | None = None) -> T:
        """GET a record."""
        return self._decode(self._signed("GET", path, params=_params(query), repeatable=True), kind)

    def create(self, path: str, kind: type[T], body: Any = None, *, expected: int | None = None) -> T:
        """POST, which is done once, however often it is sent."""
        headers = {"idempotency-key": str(uuid4())} | _if_match(expected)
        return self._decode(self._signed("POST", path, body, headers, repeatable=True), kind)

    def write(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: Any = None,
        *,
        expected: int | None = None,
        merge: bool = False,
    ) -> T:
        """Another write; the record as it is afterwards. With `merge` the body is a merge patch (RFC 7396)."""
        headers = _if_match(expected) | {"prefer": "return=representation"}
        return self._decode(self._signed(method, path, body, headers, merge=merge), kind)

    def tell(self, method: str, path: str, *, expected: int | None = None) -> None:
        """A write that answers nothing."""
        self._signed(method, path, headers=_if_match(expected))

    def unsigned(self, path: str, kind: type[T], body: Any) -> T:
        """POST as nobody: to log in."""
        return self._decode(self._checked(self._send("POST", path, msgspec.json.encode(body), {}, {})), kind)

    def greet(self) -> tuple[int, int]:
        """The contract of the server; raises `ServerUnavailable` if there is none."""
        self._checked(self._send("GET", "/healthz", None, {}, {}, repeatable=True))
        assert self.api is not None
        return self.api

    def _signed(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        repeatable: bool = False,
        merge: bool = False,
    ) -> httpx2.Response:
        """Send it with a token, with a new one when that has expired, and with the password given again if need be."""
        content = None if body is None else msgspec.json.encode(body)

        def attempt(token: str) -> httpx2.Response:
            signed = {**(headers or {}), "authorization": f"Bearer {token}"}
            kind = _MERGE_PATCH if merge else _JSON
            return self._checked(
                self._send(method, path, content, signed, params or {}, kind=kind, repeatable=repeatable)
            )

        token = self._authorization.access()
        try:
            return attempt(token)
        except InvalidToken:
            renewed = self._authorization.renew(token, self._refresh)
            if not renewed:
                raise
            return attempt(renewed)
        except ReauthenticationRequired:
            if self._confirm is None:
                raise
            given = self._decode(self._signed("POST", "/api/auth/reauth/", self._confirm()), Reauthenticated)
            self._authorization.replace(given.tokens)
            return attempt(given.tokens.access)

    def _refresh(self, token: str) -> TokenPair:
        return self.unsigned("/api/auth/token/refresh/", TokenPair, RefreshIn(token))

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        params: Mapping[str, str],
        *,
        kind: str = _JSON,
        repeatable: bool = False,
    ) -> httpx2.Response:
        sent = dict(headers) if content is None else {**headers, "content-type": kind}
        for wait in (*WAITS, None):
            try:
                response = self._client.request(method, self.url + path, content=content, headers=sent, params=params)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if wait is None or _is_final(error):
                    raise ServerUnavailable(self.url, self._reason(error)) from None
            except httpx2.HTTPError as error:
                if wait is None or not repeatable:
                    doubt = "" if repeatable else ", so it may have been done or not: look before you repeat it"
                    raise ServerUnavailable(self.url, self._reason(error) + doubt) from None
            else:
                wait = _until_free(response, wait)
                if wait is None:
                    return response
            time.sleep(wait)
        raise AssertionError

    def _checked(self, response: httpx2.Response) -> httpx2.Response:
        """The answer, if it is one of tripkit, and no problem."""
        self.api = self._contract(response)
        if response.status_code < 300:
            return response
        try:
            problem = msgspec.json.decode(response.content, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise IncompatibleServer(self.url, f"its answer {response.status_code} cannot be read") from None
        if problem.status == 405 or (problem.status == 404 and problem.kind is None):
            raise IncompatibleServer(
                self.url, f"it does not offer this: its API is {_shown(self.api)}, and this tripkit's {_shown(API)}"
            )
        raise error_of(problem, response.headers)

    def _contract(self, response: httpx2.Response) -> tuple[int, int]:
        status = response.status_code
        if 300 <= status < 400:
            where = response.headers.get("location", "nowhere")[:200]
            raise ServerUnavailable(
                self.url,
                f"it leads to {where}, which is not followed, as your token would go there. Sign in there if that is "
                "its address",
            )
        text = response.headers.get(API_HEADER, "")
        major, _, minor = text.partition(".")
        if not (major.isdecimal() and minor.isdecimal() and len(text) < 12):
            raise ServerUnavailable(
                self.url,
                f"what answers there is no tripkit (the answer is {_phrase(status)}). If a proxy stands before it, see "
                "whether tripkit runs",
            )
        api = int(major), int(minor)
        if api[0] != API[0]:
            remedy = "Upgrade this one" if api > API else "Ask whoever runs the server to upgrade it"
            raise IncompatibleServer(self.url, f"it is {_age(api)}. {remedy}")
        return api

    def _decode(self, response: httpx2.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = f"its answer cannot be read ({error})"
            if self.api is not None and self.api != API:
                reason += f": it is {_age(self.api)}"
            raise IncompatibleServer(self.url, reason) from None

    def _reason(self, error: httpx2.HTTPError) -> str:
        if isinstance(error, httpx2.TimeoutException):
            return f"it did not answer within {self._timeout:g} s"
        said = _innermost(error)
        return f"it cannot be reached ({said[:200]})" if said else f"it cannot be reached ({type(error).__name__})"


def _params(query: msgspec.Struct | None) -> dict[str, str]:
    found = {} if query is None else msgspec.to_builtins(query)
    return {
        name: "true" if value is True else str(value)
        for name, value in found.items()
        if value is not None and value is not False
    }


def _if_match(expected: int | None) -> dict[str, str]:
    return {} if expected is None else {"if-match": f'"{expected}"'}


def _until_free(response: httpx2.Response, wait: float | None) -> float | None:
    """The seconds until a server that is busy is asked again; None when its answer is the answer."""
    if wait is None or response.status_code != 503 or API_HEADER not in response.headers:
        return None
    try:
        error = error_of(msgspec.json.decode(response.content, type=Problem), response.headers)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(error, Busy) or error.retry_after > _PATIENCE:
        return None
    return max(wait, error.retry_after)


def _is_final(error: Exception) -> bool:
    """Whether asking again in a moment cannot help: a name that is not there, a certificate that is not right."""
    return any(word in _innermost(error).lower() for word in ("certificate", "name or service", "nodename", "refused"))


def _innermost(error: BaseException) -> str:
    """What the system says: `Connection refused`."""
    found = error
    while (inner := found.__cause__ or found.__context__) is not None:
        found = inner
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {found.verify_message}"
    return (found.strerror or "") if isinstance(found, OSError) and found.strerror else str(error)


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _age(api: tuple[int, int]) -> str:
    age = "newer" if api > API else "older"
    return f"{age} than this tripkit (its API is {_shown(api)}, this one's {_shown(API)})"


def _shown(api: tuple[int, int]) -> str:
    return f"{api[0]}.{api[1]}"
