"""What was changed in plans, and what plans were."""

from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Meta, Raw, Struct

from tripkit.schemas.checklists import ChecklistOut
from tripkit.schemas.expenses import ExpenseOut
from tripkit.schemas.instants import Instant
from tripkit.schemas.items import ItemOut
from tripkit.schemas.money import Rate
from tripkit.schemas.pages import Cursor, Fields, Limit, partial
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerOut

#: What was done.
ChangeAction = Literal[
    "plan.create",
    "plan.edit",
    "plan.trash",
    "plan.restore",
    "item.create",
    "item.edit",
    "item.move",
    "item.trash",
    "item.restore",
    "traveller.create",
    "traveller.rename",
    "traveller.delete",
    "expense.create",
    "expense.edit",
    "expense.trash",
    "expense.restore",
    "checklist.create",
    "checklist.edit",
    "checklist.move",
    "checklist.trash",
    "checklist.restore",
    "entry.create",
    "entry.edit",
    "entry.move",
    "entry.delete",
    "rates.edit",
    "budgets.edit",
    "checks.ignore",
    "history.undo",
    "history.restore",
    "access.add",
    "access.invite",
    "access.join",
    "access.decline",
    "access.role",
    "access.remove",
    "access.leave",
    "access.offer",
    "access.withdraw",
    "access.transfer",
    "access.link_create",
    "access.link_edit",
    "access.link_revoke",
]
Via = Literal["session", "token", "command line", "unknown"]
Version = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class ChangedField(Struct, frozen=True, omit_defaults=True):
    """One field, before and after. Of a long text that changed a little there is only the piece that did."""

    name: Annotated[str, Meta(examples=["title", "place.name"])]
    before: Annotated[Raw, Meta(description="Null where there was nothing.")]
    after: Raw
    at: Annotated[int | None, Meta(description="Of a piece of a text: how many characters stand before it.")] = None


class ChangedPart(Struct, frozen=True):
    """What became of the plan itself, or of something in it."""

    part: Annotated[str, Meta(examples=["plan", "item"])]
    id: int
    label: Annotated[str, Meta(description="What people call it.", examples=["Flight to Tokyo"])]
    what: Literal["added", "changed", "removed"]
    fields: list[ChangedField]


class ChangeOut(Struct, frozen=True):
    """One change of a plan: each makes a new version of it."""

    version: Annotated[int, Meta(description="Of the plan, after it.")]
    at: Instant
    user: Annotated[str | None, Meta(description="The username of who did it; null when the account is gone.")]
    via: Annotated[Via, Meta(description="Through what it was done.")]
    action: ChangeAction
    target: Annotated[int | None, Meta(description="The version that was taken back, or gone back to.")]
    summary: Annotated[str, Meta(examples=['Changed title of "Flight to Tokyo".'])]
    parts: list[ChangedPart]


class ChangeQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which changes to list, newest first."""

    limit: Limit = 20
    cursor: Cursor | None = None
    fields: Fields | None = None


class ChangePage(Struct, frozen=True):
    """One page of changes; `cursor` leads to the next."""

    results: list[ChangeOut]
    cursor: str | None


ChangePart: Final = partial(ChangeOut, "ChangePart")


class ChangeList(Struct, frozen=True):
    """One page of changes, and the link to the next."""

    results: list[ChangePart]  # type: ignore[valid-type]
    next: str | None


class UndoIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Which change to take back."""

    version: Annotated[
        Version | None,
        Meta(description="The version that the change made. Without one: the last change of your own."),
    ] = None


class KeptSettings(Struct, frozen=True):
    """How a plan counted and was checked."""

    rates: list[Rate]
    ignored_codes: list[str]
    budgets: dict[str, Decimal]


class VersionOut(Struct, frozen=True):
    """A whole plan as it was."""

    version: int
    at: Annotated[Instant, Meta(description="When it became so.")]
    plan: PlanOut
    items: list[ItemOut]
    checklists: list[ChecklistOut]
    travellers: list[TravellerOut]
    expenses: list[ExpenseOut]
    settings: KeptSettings


class DifferenceQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What a version is compared with."""

    to: Annotated[Version | None, Meta(description="Another version. Without one: the plan as it is.")] = None


class Difference(Struct, frozen=True):
    """What is different between two versions of a plan."""

    plan_id: int
    before: int
    after: int
    parts: list[ChangedPart]


class EventQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """How to follow a plan."""

    follow: Annotated[bool, Meta(description="false: only what happened since Last-Event-ID, and then the end.")] = True
