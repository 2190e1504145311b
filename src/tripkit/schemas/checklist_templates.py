"""Templates of checklists: what goes in and what comes out."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.checklists import MOST_AT_ONCE, CopyOf, Name, Text
from tripkit.schemas.instants import Instant

Texts = Annotated[list[Text], Meta(max_length=MOST_AT_ONCE, description="The texts of its entries, in their order.")]


class TemplateIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new template, from texts, from a checklist, or both."""

    name: Annotated[Name, Meta(description="Without one it is that of the checklist.")] | None = None
    copy_of: CopyOf | None = None
    entries: Texts = []


class TemplatePatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in a template; what is left out stays. The entries are replaced whole."""

    name: Name | UnsetType = UNSET
    entries: Texts | UnsetType = UNSET


class TemplateOut(Struct, frozen=True):
    """A template of your own."""

    id: int
    name: str
    entries: list[str]
    version: int
    created_at: Instant
    updated_at: Instant


class BuiltInTemplate(Struct, frozen=True):
    """A template that comes with tripkit."""

    key: Annotated[str, Meta(description="By which it is applied.")]
    name: str
    entries: list[str]


class TemplateList(Struct, frozen=True):
    """Every template that you may start a checklist from."""

    results: Annotated[list[TemplateOut], Meta(description="Your own, in the order of their names.")]
    built_in: list[BuiltInTemplate]
