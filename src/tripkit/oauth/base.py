"""What every sign-in provider does."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from tripkit.config import OAuth

Now: TypeAlias = Callable[[], datetime]


class Person(msgspec.Struct, frozen=True):
    """Somebody whom a provider has identified. Only `subject` is theirs for good; the rest may be missing."""

    subject: str
    email: str = ""
    #: The provider has made sure that the address is theirs.
    is_verified: bool = False
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    #: None when the provider does not say.
    groups: tuple[str, ...] | None = None


class CodeProof(msgspec.Struct, frozen=True):
    """An authorization code, and what shows that it was issued for this sign-in (RFC 7636)."""

    code: str
    redirect_uri: str
    code_verifier: str
    #: What the ID token has to bear; None: nothing was asked for.
    nonce: str | None = None
    #: The `iss` that came with the code (RFC 9207), or None without one; UNSET: the code did not come by our callback.
    issuer: str | None | UnsetType = UNSET


class IdTokenProof(msgspec.Struct, frozen=True):
    """An ID token that an app was given, with the nonce that it was asked to bear."""

    id_token: str
    nonce: str


class AccessTokenProof(msgspec.Struct, frozen=True):
    """An access token that an app was given."""

    access_token: str


Proof: TypeAlias = CodeProof | IdTokenProof | AccessTokenProof


class ProviderFinding(msgspec.Struct, frozen=True):
    """One thing that `tripkit oauth check` looked at: whether it is right, and in a sentence what it is."""

    check: str
    state: Literal["ok", "wrong", "unknown"]
    detail: str


def callback_url(public_url: str, name: str) -> str:
    """Where a provider sends browsers back to: what is registered there as the redirect URI."""
    return f"{public_url.rstrip('/')}/api/auth/login/{name}/callback/"


class OAuthProvider(Protocol):
    """A sign-in provider. What asks it raises `ProviderUnavailable` when it does not answer as it should."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def options(self) -> OAuth: ...

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, code_verifier: str) -> str:
        """Where a browser asks the provider for a code."""
        ...

    async def identify(self, proof: Proof) -> Person:
        """Who has sent this proof. Raises `SignInFailed`, or `ValidationFailed` for a proof it does not take."""
        ...

    async def check(self, redirect_uri: str) -> list[ProviderFinding]:
        """Look at everything that has to be right before anybody can sign in."""
        ...
