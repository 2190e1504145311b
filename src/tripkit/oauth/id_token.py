"""ID tokens: who says what to whom (OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725)."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from tripkit.errors import SignInFailed

#: Seconds that two clocks may differ.
LEEWAY: Final = 60
LONGEST: Final = 16 * 1024
#: What a token that was made up by somebody makes a library raise.
_BROKEN: Final = (JoseError, ValueError, TypeError, KeyError, RecursionError)


class Expected(msgspec.Struct, frozen=True):
    """What a token has to say. No nonce: any will do."""

    issuers: tuple[str, ...]
    client_id: str
    algorithms: tuple[str, ...]
    authorized_parties: tuple[str, ...] = ()
    nonce: str | None = None


class _Registry(JWSRegistry):
    """The algorithms of one provider."""

    def get_alg(self, name: str) -> Any:
        # The library's own warns each time of the name EdDSA, by which providers call Ed25519.
        if name not in (self.allowed or ()):
            raise JoseError(f"{name} is not allowed")
        return self.algorithms[name]


async def verify(
    token: str, key_of: Callable[[Mapping[str, Any]], Awaitable[Key]], expected: Expected, now: datetime
) -> dict[str, Any]:
    """The claims of a token. Raises `SignInFailed` when any part of it is not as expected."""
    registry = _Registry(algorithms=expected.algorithms, strict_check_header=False)
    header = _header(token, registry)
    if header.get("alg") not in expected.algorithms:
        raise SignInFailed("the ID token is signed in a way that is not accepted")
    key = await key_of(header)
    try:
        claims = jwt.decode(token, key, registry=registry).claims
    except _BROKEN:
        raise SignInFailed("the signature of the ID token is wrong") from None
    _check(claims, expected, now)
    return claims


def _header(token: str, registry: JWSRegistry) -> Mapping[str, Any]:
    if len(token) > LONGEST:
        raise SignInFailed("the ID token is too long")
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
    except _BROKEN:
        raise SignInFailed("the ID token cannot be read") from None
    if not isinstance(header, dict) or not isinstance(header.get("alg"), str):
        raise SignInFailed("the ID token cannot be read")
    return header


def _check(claims: Mapping[str, Any], expected: Expected, now: datetime) -> None:
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "values": list(expected.issuers)},
        sub={"essential": True},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError:
        raise SignInFailed("the ID token has expired") from None
    except MissingClaimError as error:
        raise SignInFailed(f"the ID token lacks the claim {error.claim}") from None
    except ClaimError as error:
        raise SignInFailed(f"the claim {error.claim} of the ID token is wrong") from None
    except (*_BROKEN, OverflowError):
        raise SignInFailed("the claims of the ID token are wrong") from None
    _check_party(claims, expected)
    if expected.nonce is not None and not _same(claims.get("nonce"), expected.nonce):
        raise SignInFailed("the nonce of the ID token is wrong")


def _check_party(claims: Mapping[str, Any], expected: Expected) -> None:
    """A token for several audiences says which of them asked for it; a token that another one asked for is not ours."""
    party = claims.get("azp")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or party is not None) and party not in (expected.client_id, *expected.authorized_parties):
        raise SignInFailed("the claim azp of the ID token is wrong")


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())
