"""What administrators send and get about everybody's accounts."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant
from tripkit.schemas.users import Email, Name, Password, Username, UserOut


class UserQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which accounts to list."""

    q: (
        Annotated[
            str,
            Meta(min_length=1, max_length=254, description="A piece of the email address, the username or the name."),
        ]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, Meta(max_length=200, description="From the `next` link of a page.")] | None = None


class UserPage(Struct, frozen=True):
    """One page of accounts; `cursor` leads to the next."""

    results: list[UserOut]
    cursor: str | None


class UserList(Struct, frozen=True):
    """One page of accounts, and the link to the next."""

    results: list[UserOut]
    next: str | None


class InviteIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Whom to invite. Without a username one is made from the address; the person may choose another."""

    email: Email
    username: Username | UnsetType = UNSET
    first_name: Name = ""
    last_name: Name = ""
    is_admin: bool = False


class Invited(Struct, frozen=True):
    """An account that waits for its person, and the token of the invitation, which is shown only now."""

    user: UserOut
    token: Annotated[str, Meta(description="To be handed to this person and to nobody else. It is good once.")]
    expires_at: Instant


class InvitationIn(Struct, forbid_unknown_fields=True, frozen=True):
    """An invitation that is accepted. Without a username that of the invitation stays."""

    token: Annotated[str, Meta(max_length=200, extra={"secret": True})]
    password: Password
    password_confirm: Password
    username: Username | UnsetType = UNSET


class UserSession(Struct, frozen=True):
    """A sign-in of somebody that has not ended."""

    id: int
    client: Annotated[str, Meta(description="The address it was begun from.")]
    device: Annotated[str, Meta(description="What the client said it was (User-Agent).")]
    created_at: Instant
    refreshed_at: Instant | None
    expires_at: Instant


class UserSessions(Struct, frozen=True):
    """The sign-ins of somebody that have not ended, newest first."""

    results: list[UserSession]
