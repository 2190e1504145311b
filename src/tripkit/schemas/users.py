"""Accounts: what goes in and what comes out."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.api_tokens import Scope
from tripkit.schemas.instants import Instant
from tripkit.schemas.second_factor import Code

Email = Annotated[
    str, Meta(min_length=3, max_length=254, description="An email address.", examples=["ada@example.org"])
]
Username = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._-]{3,30}$",
        description="3 to 30 letters, digits, dots, underscores or hyphens.",
        examples=["ada"],
    ),
]
Name = Annotated[str, Meta(max_length=150)]
Password = Annotated[
    str,
    Meta(
        max_length=1024,
        description="At least 8 characters and at most 1,024 bytes, taken as they are.",
        extra={"secret": True},
        extra_json_schema={"format": "password"},
    ),
]


class SignupIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new account."""

    email: Email
    username: Username
    password: Password
    password_confirm: Password
    first_name: Name = ""
    last_name: Name = ""


class NewUser(Struct, forbid_unknown_fields=True, frozen=True):
    """A new account, made by an administrator."""

    email: Email
    username: Username
    password: Password
    first_name: Name = ""
    last_name: Name = ""
    is_admin: bool = False


class LoginIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Credentials."""

    email: Annotated[str, Meta(max_length=254, description="The email address of the account.")]
    password: Password


class UserPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in a profile; what is left out stays."""

    email: Email | UnsetType = UNSET
    username: Username | UnsetType = UNSET
    first_name: Name | UnsetType = UNSET
    last_name: Name | UnsetType = UNSET


class PasswordIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The current password, to confirm."""

    password: Password


class PasswordChangeIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new password, confirmed by the current one, unless there is none: whoever signs in elsewhere may have none."""

    new_password: Password
    new_password_confirm: Password
    current_password: Password | UnsetType = UNSET


class DeleteAccountIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The password, to confirm. It may be left out by whoever has just given it, or a code."""

    password: Password | UnsetType = UNSET


class ReauthenticationIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The password or a code of the second factor: one of them."""

    password: Password | UnsetType = UNSET
    code: Code | UnsetType = UNSET


class RefreshIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A refresh token."""

    refresh: Annotated[str, Meta(max_length=4096)]


class ResetRequestIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose password is forgotten."""

    email: Annotated[str, Meta(max_length=254, description="The email address of the account.")]


LinkToken = Annotated[str, Meta(max_length=200, description="From the link that was mailed.", extra={"secret": True})]


class ResetIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new password, with the token that was mailed."""

    token: LinkToken
    password: Password
    password_confirm: Password


class LinkTokenIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A token that was mailed."""

    token: LinkToken


class Accepted(Struct, frozen=True):
    """What will happen."""

    detail: str


class UserOut(Struct, frozen=True):
    """An account."""

    id: int
    email: str
    username: str
    first_name: str
    last_name: str
    is_active: bool
    is_verified: bool
    is_admin: bool
    date_joined: Instant
    invited_at: Annotated[
        Instant | None, Meta(description="When this person was invited; null once the invitation is accepted.")
    ] = None
    google_id: str | None = None
    facebook_id: str | None = None
    pending_email: Annotated[
        str | None,
        Meta(description="In your own profile: the address that is to be yours once you confirm it; null if none is."),
    ] = None


class TokenPair(Struct, frozen=True):
    """An access token, and the refresh token that gets the next pair."""

    access: str
    refresh: str


class Reauthenticated(Struct, frozen=True):
    """Until when what needs it may be done, with which tokens."""

    until: Instant
    tokens: TokenPair


class SignedIn(Struct, frozen=True):
    """An account and its tokens."""

    user: UserOut
    tokens: TokenPair


class Client(Struct, frozen=True):
    """Where a request comes from, for the record."""

    address: str = ""
    device: str = ""
    request_id: str = ""


NOWHERE: Final = Client()


class Actor(Struct, frozen=True):
    """Who acts: a signed-in user, or the operator of this machine (`user_id` 0) for administration."""

    user_id: int
    username: str
    is_admin: bool = False
    #: The session of an API request; None for commands and API tokens.
    session_id: int | None = None
    client: Client = NOWHERE
    #: The API token of a request, and what it was made for; None means no bounds.
    token_id: int | None = None
    scopes: frozenset[Scope] | None = None
    #: When the password or a code was last given in the session.
    authenticated_at: datetime | None = None
    is_verified: bool = False

    @property
    def via(self) -> str:
        """What vouches for the actor, for the record."""
        if self.token_id is not None:
            return f"token {self.token_id}"
        return "command line" if self.session_id is None else f"session {self.session_id}"
