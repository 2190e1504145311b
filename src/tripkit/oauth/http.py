"""HTTP to sign-in providers, which are not believed to be quick, small or friendly.

Each request has a deadline as a whole, the answer a largest size, and it has to be JSON. A redirect is not followed:
no part of OpenID Connect needs one, and it could lead into the network of the server.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, TypeVar

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.client import OAuth2Client

from tripkit import __version__
from tripkit.config import OAuth
from tripkit.errors import Busy, ProviderUnavailable

T = TypeVar("T")

LARGEST: Final = 256 * 1024
#: Requests to one provider that may run at once.
MOST_AT_ONCE: Final = 64
#: Why a provider fails whose settings are wrong here.
WRONG_KEYS: Final = "it does not accept the client_id and client_secret of this server"
_HEADERS: Final = {
    "accept": "application/json",
    # What is compressed could be a thousand times as large when it is unpacked.
    "accept-encoding": "identity",
    "user-agent": f"tripkit/{__version__}",
}

# Their messages show addresses with everything in them, and some of Facebook's hold tokens.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Reply(msgspec.Struct, frozen=True):
    """A JSON answer, not decoded yet. `date` is the clock of the provider."""

    status: int
    body: bytes
    date: datetime | None


class Http:
    """Asks one provider."""

    def __init__(self, label: str, options: OAuth) -> None:
        self._label, self._options = label, options
        self._tls = _tls()
        self._running = 0

    def unavailable(self, reason: str, where: str = "") -> ProviderUnavailable:
        """The provider fails, for this reason, and at this address."""
        return ProviderUnavailable(self._label, reason, where[:500])

    def authorization_url(
        self, endpoint: str, scopes: Sequence[str], *, redirect_uri: str, code_verifier: str, **params: str
    ) -> str:
        """The request for a code that a browser is sent with, with PKCE (RFC 7636)."""
        client = OAuth2Client(
            None,
            self._options.client_id,
            scope=" ".join(scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        url, _ = client.create_authorization_url(endpoint, code_verifier=code_verifier, **params)
        return str(url)

    async def get(self, url: str, *, params: Mapping[str, str] | None = None, token: str = "") -> Reply:
        """Read `url`, whatever its status is."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with self._client() as client:
            response = await self._send(client.request("GET", url, params=params, headers=headers, withhold_token=True))
        return Reply(response.status_code, response.content, _date(response.headers.get("date", "")))

    async def read(self, url: str, kind: type[T], *, token: str = "") -> T:
        """Read `url` as a record of this kind."""
        reply = await self.get(url, token=token)
        if reply.status != 200:
            raise self.unavailable(f"it answers with the status {reply.status}", url)
        return self.decode(reply, kind, url)

    def decode(self, reply: Reply, kind: type[T], url: str) -> T:
        """The answer as a record of this kind."""
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.unavailable("its answer cannot be used", f"{url}: {error}") from None

    async def redeem(
        self, url: str, *, method: str, code: str, redirect_uri: str, code_verifier: str
    ) -> dict[str, Any]:
        """The answer to a code. Raises `OAuthError` with what the provider refuses it for."""
        async with self._client(method) as client:
            asked = client.fetch_token(
                url,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=code_verifier,
                headers={"accept": "application/json"},
            )
            found: dict[str, Any] = await self._send(asked)
        return found

    def _client(self, method: str = "none") -> Any:
        return AsyncOAuth2Client(
            self._options.client_id,
            self._options.client_secret,
            token_endpoint_auth_method=method,
            headers=_HEADERS,
            timeout=self._options.timeout,
            verify=self._tls,
            follow_redirects=False,
            event_hooks={"response": [self._inspect]},
        )

    async def _send(self, asked: Any) -> Any:
        if self._running >= MOST_AT_ONCE:
            asked.close()
            raise Busy(f"Too many people are signing in with {self._label}.", retry_after=5)
        self._running += 1
        try:
            async with asyncio.timeout(self._options.timeout):
                return await asked
        except (TimeoutError, httpx2.TimeoutException):
            raise self.unavailable(f"it did not answer within {self._options.timeout} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self.unavailable(f"it cannot be reached ({type(error).__name__})") from None
        except (ValueError, RecursionError):  # how Authlib says that a token endpoint answered with no JSON object
            raise self.unavailable("its token endpoint does not answer with a JSON object") from None
        finally:
            self._running -= 1

    async def _inspect(self, response: httpx2.Response) -> None:
        """Look at the head of an answer before its body is read."""
        where = str(response.url.copy_with(query=None))
        if response.has_redirect_location or 300 <= response.status_code < 400:
            raise self.unavailable("it leads elsewhere, which is not followed", where)
        if response.status_code >= 500:
            raise self.unavailable(f"it answers with the status {response.status_code}", where)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self.unavailable("it answers compressed, which was not asked for", where)
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (content_type.endswith(("/json", "+json")) or content_type == "text/javascript"):
            raise self.unavailable("it does not answer with JSON", f"{where}: {content_type or 'no type'}")
        response.stream = _Bounded(
            response.stream, self.unavailable(f"it answers with more than {LARGEST} bytes", where)
        )


class _Bounded(httpx2.AsyncByteStream):
    """A body that may not be larger than `LARGEST`."""

    def __init__(self, stream: Any, refusal: ProviderUnavailable) -> None:
        self._stream, self._refusal = stream, refusal

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > LARGEST:
                raise self._refusal
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """The certificates of this machine: loaded once and beforehand, since it takes longer than anybody should wait."""
    return httpx2.create_ssl_context()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


__all__ = ["WRONG_KEYS", "Http", "OAuthError", "Reply"]
