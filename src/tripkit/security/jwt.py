"""JSON Web Tokens: HS256, every claim required and checked (RFC 7519, RFC 8725)."""

import hashlib
import threading
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import jwt
import msgspec
from cachetools import LRUCache
from jwt.utils import base64url_decode, base64url_encode

from tripkit.errors import InvalidToken
from tripkit.security.keys import KeyRing

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "tripkit"
PURPOSE: Final = "jwt"
#: Verified access tokens that are remembered, so that a busy client costs one verification.
REMEMBERED: Final = 10_000
LONGEST: Final = 4096

Kind = Literal["access", "refresh"]


class Claims(msgspec.Struct, frozen=True):
    """What a token says: whose (`user_id`), of which session, its own id, and until when (Unix seconds)."""

    user_id: int
    session_id: int
    token_id: str
    expires: int


class _Payload(msgspec.Struct, frozen=True):
    """The claims that are used, in the form in which they are made."""

    typ: str
    sub: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
    sid: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    jti: Annotated[str, msgspec.Meta(pattern="^[!-~]{1,64}$")]
    exp: int


class Tokens:
    """Makes and checks tokens."""

    def __init__(self, keys: KeyRing, *, issuer: str) -> None:
        self._keys, self._issuer = keys, issuer
        self._lock = threading.Lock()  # reading an LRU cache changes it
        self._verified: LRUCache[bytes, Claims] = LRUCache(REMEMBERED)

    def issue(self, kind: Kind, *, user_id: int, session_id: int, token_id: str, now: datetime, until: datetime) -> str:
        """A signed token."""
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "typ": kind,
            "sub": str(user_id),
            "sid": session_id,
            "jti": token_id,
            "iat": int(now.timestamp()),
            "exp": int(until.timestamp()),
        }
        return jwt.encode(
            claims, self._keys.signing(PURPOSE), algorithm=ALGORITHM, headers={"kid": self._keys.current_id}
        )

    def verify_access(self, token: str, now: datetime) -> Claims:
        """The claims of an access token. Remembered by hash; the expiry is looked at each time."""
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        with self._lock:
            claims = self._verified.get(digest)
        if claims is None:
            claims = self.verify("access", token, now)
            with self._lock:
                self._verified[digest] = claims
        elif claims.expires <= now.timestamp():
            raise InvalidToken("it has expired")
        return claims

    def verify(self, kind: Kind, token: str, now: datetime) -> Claims:
        """The claims of a token of this kind; raises `InvalidToken`."""
        if len(token) > LONGEST:
            raise InvalidToken("it is too long")
        try:
            claims = msgspec.convert(self._decode(token), _Payload)
        except jwt.PyJWTError as error:
            raise InvalidToken(_reason(error)) from None
        except msgspec.ValidationError:
            raise InvalidToken("its claims are not ones that tripkit makes") from None
        if claims.typ != kind:
            raise InvalidToken(f"it is not a token for this use ({kind} is needed)")
        if claims.exp <= now.timestamp():
            raise InvalidToken("it has expired")
        return Claims(int(claims.sub), claims.sid, claims.jti, claims.exp)

    def _decode(self, token: str) -> dict[str, Any]:
        if not _is_canonical(token):
            raise InvalidToken("it was altered")
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.find(PURPOSE, kid) if isinstance(kid, str) else None
        if key is None:
            raise InvalidToken("its key is unknown")
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=self._issuer,
            # `exp` is compared with our own clock, above.
            options={
                "require": ["iss", "aud", "typ", "sub", "sid", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )


def _reason(error: jwt.PyJWTError) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"it lacks the claim {error.claim}"
    if isinstance(error, jwt.InvalidIssuerError | jwt.InvalidAudienceError):
        return "it was made for another service"
    if isinstance(error, jwt.InvalidSignatureError | jwt.InvalidAlgorithmError):
        return "its signature is wrong"
    return "it is not a token that tripkit makes"


def _is_canonical(token: str) -> bool:
    """Base64url has several spellings of the same bytes; a token with another one was altered."""
    try:
        return all(base64url_encode(base64url_decode(part)).decode() == part for part in token.split("."))
    except ValueError:
        return False
