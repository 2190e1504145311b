"""The second factor: what goes in and what comes out."""

from typing import Annotated

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant

Code = Annotated[
    str,
    Meta(
        max_length=64,
        description="Six digits from the app, or a recovery code.",
        examples=["123456"],
        extra={"secret": True},
    ),
]


class CodeIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A code, to confirm."""

    code: Code


class ChallengeIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The second step of a login: the `challenge` of the first, and a code."""

    challenge: Annotated[str, Meta(max_length=64, extra={"secret": True})]
    code: Code


class SecondFactorOut(Struct, frozen=True):
    """How an account is secured."""

    is_active: bool
    active_since: Instant | None
    recovery_codes_left: int


class SecondFactorSetup(Struct, frozen=True):
    """What an authenticator app has to know: the whole as an `otpauth:` address, and the secret to type in."""

    uri: str
    secret: str


class RecoveryCodes(Struct, frozen=True):
    """Each lets its owner in once, without the app. They are never shown again."""

    recovery_codes: list[str]
