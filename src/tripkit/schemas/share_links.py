"""Links through which a plan can be read without an account."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant
from tripkit.schemas.shared import Redaction

_SECRET: Final[dict[str, Any]] = {"secret": True}

Label = Annotated[
    str, Meta(max_length=100, description="Whoever opens the link sees it.", examples=["For the neighbours"])
]
Expiry = Annotated[
    datetime,
    Meta(tz=True, description="The link ends at this moment (RFC 3339), which is in the future.",
         examples=["2027-05-01T00:00:00Z"]),
]  # fmt: skip
Password = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=200,
        description="What whoever opens the link has to know; at least 8 characters.",
        extra=_SECRET,
        extra_json_schema={"writeOnly": True},
    ),
]
GivenPassword = Annotated[str, Meta(max_length=200, extra=_SECRET, extra_json_schema={"writeOnly": True})]
Redactions = Annotated[
    list[Redaction],
    Meta(
        max_length=20,
        description="What is hidden: `costs` (amounts, budget, totals), `references` (of bookings), `notes` (notes and "
        "descriptions), `participants` (who travels, and who owns the plan). Where anything is hidden, so is "
        "`plan_data`.",
    ),
]
#: Whoever has a link reads, and no more.
LinkRole = Literal["viewer"]


class ShareLinkIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new link to a plan."""

    label: Label = ""
    expires_at: Expiry | None = None
    password: Password | None = None
    redactions: Redactions = []
    enabled: bool = True
    role: LinkRole = "viewer"


class ShareLinkPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in a link; what is left out stays. Null takes away the expiry or the password."""

    label: Label | UnsetType = UNSET
    expires_at: Expiry | None | UnsetType = UNSET
    password: Password | None | UnsetType = UNSET
    redactions: Redactions | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    role: LinkRole | UnsetType = UNSET


class ShareLinkOut(Struct, frozen=True):
    """A link, without what would let anybody use it."""

    id: int
    plan_id: int
    label: str
    role: LinkRole
    redactions: list[Redaction]
    has_password: bool
    enabled: Annotated[bool, Meta(description="False: it is switched off, and can be switched on again.")]
    created_at: Instant
    expires_at: Instant | None
    views: Annotated[int, Meta(description="How often it was looked at. It takes some seconds until a view counts.")]
    last_viewed_at: Instant | None


class NewShareLink(ShareLinkOut, frozen=True):
    """A link that was just made: only now it can be seen."""

    token: Annotated[str, Meta(description="The secret of the link. It is not shown again.")]
    url: Annotated[str, Meta(description="The page to send to people. It is not shown again.")]


class ShareLinkList(Struct, frozen=True):
    """The links to a plan."""

    results: list[ShareLinkOut]


class ShareViewOut(Struct, frozen=True):
    """Views of a link on one day (UTC) from one network with one kind of browser."""

    day: date
    client: Annotated[str, Meta(description="The network, like 203.0.113.0/24: never a whole address.")]
    browser: str
    count: int
    last_at: Instant


class ShareViewList(Struct, frozen=True):
    """Who looked at a link, roughly: the last days first."""

    results: list[ShareViewOut]


class LinkPasswordIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The password of a link."""

    password: GivenPassword


class LinkGrant(Struct, frozen=True):
    """What stands for the password of a link for a while."""

    grant: Annotated[str, Meta(description="To be sent as the header `Share-Grant` with each request.")]
    expires_at: Instant
