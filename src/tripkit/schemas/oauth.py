"""Signing in with a provider: what goes in and what comes out."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant

_SECRET: Final[dict[str, Any]] = {"secret": True}
Ticket = Annotated[str, Meta(min_length=1, max_length=200, extra=_SECRET)]
#: RFC 7636, section 4.1.
Verifier = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._~-]{43,128}$",
        description="43 to 128 letters, digits, dots, underscores, tildes or hyphens (RFC 7636).",
        extra=_SECRET,
    ),
]
Challenge = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="Base64url, without padding, of the SHA-256 of a `code_verifier` that only the front end knows "
        "(RFC 7636, S256). With it, nobody else's code can be slipped to the front end.",
    ),
]
Next = Annotated[
    str,
    Meta(
        max_length=2000,
        description="Where to go afterwards, with a one-time `code` added: a path of this server, or an address at an "
        "origin of `server.cors_origins`. Without it the code is the answer.",
    ),
]


class ProviderOut(Struct, frozen=True):
    """A provider to sign in with."""

    name: str
    label: Annotated[str, Meta(description="For the button.")]
    login_url: Annotated[str, Meta(description="Where to send a browser.")]


class ProviderList(Struct, frozen=True):
    """All providers there are."""

    results: list[ProviderOut]
    next: None = None


class StartQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """How to come back."""

    next: Next | None = None
    code_challenge: Challenge | None = None
    link: Annotated[str, Meta(max_length=200, description="Only in addresses made to link an identity.")] | None = None


class CallbackQuery(Struct, frozen=True):
    """What a provider sends along; it may add parameters of its own."""

    state: str | None = None
    code: str | None = None
    error: str | None = None
    iss: str | None = None


class HandoverOut(Struct, frozen=True):
    """A one-time code, for `/api/auth/token/exchange/`."""

    code: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


class ExchangeIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A one-time code that came back from a sign-in with a provider."""

    code: Ticket
    code_verifier: (
        Annotated[Verifier, Meta(description="Needed if, and only if, a `code_challenge` was sent at the beginning.")]
        | UnsetType
    ) = UNSET


class NonceOut(Struct, frozen=True):
    """What an ID token that is sent here has to bear."""

    nonce: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


class ProofIn(Struct, forbid_unknown_fields=True, frozen=True):
    """What a provider gave to an app: `code` (with `redirect_uri` and `code_verifier`), `id_token` (with `nonce`), or
    for Facebook `access_token`."""

    code: Annotated[str, Meta(min_length=1, max_length=4096, extra=_SECRET)] | UnsetType = UNSET
    redirect_uri: (
        Annotated[str, Meta(max_length=2000, description="One of the provider's `redirect_uris` in the settings.")]
        | UnsetType
    ) = UNSET
    code_verifier: Verifier | UnsetType = UNSET
    id_token: Annotated[str, Meta(min_length=1, max_length=16384, extra=_SECRET)] | UnsetType = UNSET
    nonce: Annotated[str, Meta(max_length=200, description="From `/api/auth/login/{provider}/nonce/`.")] | UnsetType = (
        UNSET
    )
    access_token: Annotated[str, Meta(min_length=1, max_length=4096, extra=_SECRET)] | UnsetType = UNSET


class IdentityOut(Struct, frozen=True):
    """A provider that you can sign in with."""

    provider: str
    label: str
    subject: Annotated[str, Meta(description="Who you are at the provider.")]
    email: Annotated[str, Meta(description="The address that the provider gave when it was linked.")]
    created_at: Instant


class IdentityList(Struct, frozen=True):
    """All providers that you can sign in with."""

    results: list[IdentityOut]
    next: None = None


class LinkIn(Struct, forbid_unknown_fields=True, frozen=True):
    """How to come back from a provider that is to be linked."""

    next: Next | UnsetType = UNSET
    code_challenge: Challenge | UnsetType = UNSET


class LinkOut(Struct, frozen=True):
    """Where to send the browser."""

    url: str
    expires_in: Annotated[int, Meta(description="Seconds.")]
