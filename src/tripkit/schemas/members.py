"""Members of plans, invitations to become one, and offers to take a plan over: what goes in and what comes out."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant
from tripkit.schemas.share_links import ShareLinkOut
from tripkit.schemas.users import Email

#: What the owner may let others be.
MemberRole = Literal["viewer", "editor"]
Who = Annotated[str, Meta(min_length=1, max_length=30, description="The username of an account.", examples=["ada"])]


class MemberIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Whom to let into a plan: somebody by username, who is a member at once, or by email address, who is invited."""

    role: MemberRole = "viewer"
    username: Who | UnsetType = UNSET
    email: Email | UnsetType = UNSET


class MemberPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """Another role."""

    role: MemberRole


class MemberOut(Struct, frozen=True):
    """A member of a plan, or an invitation to become one, which only the owner sees."""

    id: int
    status: Annotated[
        Literal["member", "invited"], Meta(description="Somebody who is invited has no access until they accept.")
    ]
    role: MemberRole
    username: Annotated[str | None, Meta(description="Null for an invitation, whoever may have the address.")]
    email: Annotated[str | None, Meta(description="Where the invitation was sent; null for a member.")]
    invited_by: Annotated[str | None, Meta(description="The username of who let them in; null once that is gone.")]
    created_at: Instant
    expires_at: Annotated[Instant | None, Meta(description="From when on the invitation is worth nothing.")]
    offered_at: Annotated[Instant | None, Meta(description="Since when the plan itself is offered to this member.")]


class MemberList(Struct, frozen=True):
    """Everybody in a plan but its owner."""

    results: list[MemberOut]


class SharingOut(Struct, frozen=True):
    """Who has access to a plan."""

    plan_id: int
    version: int
    owner: Annotated[str, Meta(description="The owner's username.")]
    members: list[MemberOut]
    links: Annotated[list[ShareLinkOut] | None, Meta(description="Null for viewers: they do not see links.")]


class TransferIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The member who is to be the owner."""

    username: Who


class PlanInvitation(Struct, frozen=True):
    """An invitation that waits for you."""

    id: int
    plan_id: int
    title: str
    owner: Annotated[str, Meta(description="The username of the owner of the plan.")]
    role: Annotated[MemberRole, Meta(description="What you will be to the plan.")]
    created_at: Instant
    expires_at: Instant


class PlanInvitationList(Struct, frozen=True):
    """The invitations that wait for you."""

    results: list[PlanInvitation]
