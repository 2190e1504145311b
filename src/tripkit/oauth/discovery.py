"""What an OpenID provider says about itself: its metadata and its keys (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, RSAKey

from tripkit.config.oauth import is_private_enough
from tripkit.errors import SignInFailed
from tripkit.oauth.base import Now
from tripkit.oauth.http import Http
from tripkit.oauth.remembered import Remembered

#: Signatures that are accepted, if the provider says that it makes them. Never `none`, and none by a shared secret.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
#: Ways to show a token endpoint who is asking, the best first: in the body a secret is spelt in one way only.
METHODS: Final = ("client_secret_post", "client_secret_basic")
MOST_KEYS: Final = 64
SMALLEST_RSA: Final = 2048


Address = Annotated[str, msgspec.Meta(pattern="^https?://[!-~]+$")]


class Metadata(msgspec.Struct, frozen=True):
    """The part of the discovery document that is used."""

    issuer: str
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    userinfo_endpoint: Address | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] | None = None
    authorization_response_iss_parameter_supported: bool = False

    @property
    def algorithms(self) -> tuple[str, ...]:
        return tuple(name for name in ALGORITHMS if name in self.id_token_signing_alg_values_supported)

    @property
    def method(self) -> str | None:
        offered = self.token_endpoint_auth_methods_supported or ("client_secret_basic",)
        return next((name for name in METHODS if name in offered), None)


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class Discovery:
    """Finds out, and remembers for an hour."""

    def __init__(self, http: Http, issuer: str, now: Now) -> None:
        self._http, self._issuer = http, issuer
        self._metadata = Remembered(self._fetch_metadata, now)
        self._keys = Remembered(self._fetch_keys, now)

    @property
    def url(self) -> str:
        """Of the discovery document."""
        return self._issuer.rstrip("/") + "/.well-known/openid-configuration"

    async def metadata(self) -> Metadata:
        """Where everything is."""
        return await self._metadata.get()

    async def keys(self) -> KeySet:
        """The public keys."""
        return await self._keys.get()

    async def key(self, header: Mapping[str, Any], *, is_ours: bool) -> Key:
        """The key that a token with this header was signed with.

        One that is not known is looked for: at once when the provider itself has just given us the token (`is_ours`),
        for its keys may have changed a moment ago; and once a minute for tokens that anybody could have made up.
        """
        keys = await self._keys.get()
        try:
            return _find(keys, header)
        except InvalidKeyIdError:
            pass
        try:
            return _find(await self._keys.newer(keys, at_once=is_ours), header)
        except InvalidKeyIdError:
            raise SignInFailed("the key of the ID token is unknown") from None

    async def _fetch_metadata(self) -> Metadata:
        found = await self._http.read(self.url, Metadata)
        if found.issuer != self._issuer:
            wrong = f"it calls itself {found.issuer!r} where {self._issuer!r} was expected"
            raise self._http.unavailable(wrong[:500], self.url)
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint):
            if url is not None and not is_private_enough(url):
                raise self._http.unavailable("it names an address that is not https", f"{self.url}: {url}")
        if not found.algorithms:
            raise self._http.unavailable(f"it signs with none of {', '.join(ALGORITHMS)}")
        if found.method is None:
            raise self._http.unavailable(f"it takes client secrets in none of these ways: {', '.join(METHODS)}")
        return found

    async def _fetch_keys(self) -> KeySet:
        url = (await self.metadata()).jwks_uri
        found = await self._http.read(url, _Keys)
        keys = [key for data in found.keys[:MOST_KEYS] if (key := _import(data)) is not None]
        if not keys:
            raise self._http.unavailable("it has no key for signatures", url)
        return KeySet(keys)


def _find(keys: KeySet, header: Mapping[str, Any]) -> Key:
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidKeyIdError
    return keys.get_by_kid(kid, {"alg": header["alg"], "use": "sig"})


def _import(data: dict[str, Any]) -> Key | None:
    """One of the keys, if it is for signatures and of a kind that is understood (RFC 7517, section 5)."""
    if data.get("use", "sig") != "sig" or data.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < SMALLEST_RSA else key
