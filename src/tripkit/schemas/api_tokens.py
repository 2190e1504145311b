"""API tokens: what goes in and what comes out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant

#: What a token may be for; what each opens is declared where the routes are.
Scope = Literal["plans:read", "plans:write", "account", "admin"]


class ApiTokenIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new token."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="What it is for.", examples=["backup script"])]
    scopes: Annotated[
        list[Scope],
        Meta(min_length=1, max_length=4, description="What it may do. `plans:write` includes `plans:read`."),
    ]
    expires_in_days: Annotated[
        Annotated[int, Meta(ge=1, le=366)] | None,
        Meta(description="Days until it is worth nothing; null: it never expires."),
    ] = 90


class ApiTokenOut(Struct, frozen=True):
    """A token, without what would let anybody use it."""

    id: int
    name: str
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Annotated[Instant | None, Meta(description="To within ten minutes.")]


class NewApiToken(ApiTokenOut, frozen=True):
    """A token that was just made. It is never shown again."""

    token: str


class ApiTokenList(Struct, frozen=True):
    """All tokens of an account, the newest first."""

    results: list[ApiTokenOut]
    next: str | None = None
