"""Checklists of plans: what goes in and what comes out."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant

#: Entries in one request.
MOST_AT_ONCE: Final = 300

Name = Annotated[str, Meta(min_length=1, max_length=100, examples=["Packing"])]
Text = Annotated[str, Meta(min_length=1, max_length=300, examples=["Passport"])]
Done = Annotated[bool, Meta(description="Whether it is checked off.")]
Assignee = Annotated[
    int, Meta(ge=1, le=2**63 - 1, description="Who sees to it: the number of a traveller of the plan.")
]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Position = Annotated[int, Meta(ge=1, description="Its place in the order; 1 is the first.")]


class EntryIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new entry."""

    text: Text
    done: Done = False
    assignee: Assignee | None = None


Entries = Annotated[list[EntryIn], Meta(max_length=MOST_AT_ONCE)]


class EntriesIn(Struct, forbid_unknown_fields=True, frozen=True):
    """New entries, in this order: all of them are made, or none."""

    entries: Annotated[list[EntryIn], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class EntryPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in an entry; what is left out stays, and null empties a field."""

    text: Text | UnsetType = UNSET
    done: Done | UnsetType = UNSET
    assignee: Assignee | None | UnsetType = UNSET


class EntriesMark(Struct, forbid_unknown_fields=True, frozen=True):
    """Which entries to check off, or not any more: all of them at once."""

    entries: Annotated[list[Id], Meta(min_length=1, max_length=MOST_AT_ONCE, description="Their numbers.")]
    done: Done


class EntryMove(Struct, forbid_unknown_fields=True, frozen=True):
    """Where to move an entry: name at least one."""

    position: Position | UnsetType = UNSET
    checklist_id: Annotated[Id, Meta(description="Another checklist of the same plan.")] | UnsetType = UNSET


class EntryOut(Struct, frozen=True):
    """An entry of a checklist."""

    id: int
    text: str
    done: bool
    assignee: Annotated[int | None, Meta(description="The number of a traveller of the plan.")]
    version: int
    created_at: Instant
    updated_at: Instant


class EntriesOut(Struct, frozen=True):
    """Entries that were made together."""

    entries: list[EntryOut]


class ChecklistRef(Struct, forbid_unknown_fields=True, frozen=True):
    """A checklist of any plan that you may read."""

    plan_id: Id
    checklist_id: Id


CopyOf = Annotated[ChecklistRef, Meta(description="Take its entries, and none of them as done.")]


class ChecklistIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new checklist: empty, with entries, or from one of `template`, `template_id` and `copy_of`."""

    name: Annotated[Name, Meta(description="Without one it is that of what it is made from.")] | None = None
    template: (
        Annotated[str, Meta(max_length=50, description="The key of a template that comes with tripkit, like `beach`.")]
        | None
    ) = None
    template_id: Annotated[Id, Meta(description="A template of your own.")] | None = None
    copy_of: CopyOf | None = None
    entries: Annotated[Entries, Meta(description="They stand after those that it is made from.")] = []


class ChecklistPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in a checklist; what is left out stays."""

    name: Name | UnsetType = UNSET


class ChecklistMove(Struct, forbid_unknown_fields=True, frozen=True):
    """Where to move a checklist: name at least one."""

    position: Position | UnsetType = UNSET
    plan_id: Annotated[Id, Meta(description="Another plan that you may change.")] | UnsetType = UNSET


class ChecklistQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which checklists to list."""

    trashed: Annotated[bool, Meta(description="The trash, and not the checklists in use.")] = False


class ChecklistOut(Struct, frozen=True):
    """A checklist with its entries, in their order."""

    id: int
    plan_id: int
    name: str
    version: Annotated[int, Meta(description="Grows with every change of the checklist or of an entry.")]
    created_at: Instant
    updated_at: Instant
    trashed_at: Instant | None
    done: Annotated[int, Meta(description="How many of its entries are done.")] = 0
    total: Annotated[int, Meta(description="How many entries it has.")] = 0
    entries: list[EntryOut] = []


class ChecklistList(Struct, frozen=True):
    """The checklists of a plan, in their order, with all entries."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    checklists: list[ChecklistOut]
