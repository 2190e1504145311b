"""Templates of checklists: what people start their own checklists from, and what comes with tripkit."""

from typing import Any, Final

import msgspec
from peewee import fn

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import Conflict, NotFound, StaleVersion, ValidationFailed
from tripkit.models import ChecklistTemplate, User
from tripkit.schemas.checklist_templates import TemplateIn, TemplateList, TemplateOut, TemplatePatch
from tripkit.schemas.users import Actor
from tripkit.services import checklist_rows, checklist_rules, names, packing, validation
from tripkit.services.clock import Clock
from tripkit.services.plans import Plans

#: Templates of one account.
MOST: Final = 50

_OWN: Final = ChecklistTemplate.owner == Param("owner")
_COLUMNS: Final = (
    ChecklistTemplate.id,
    ChecklistTemplate.name,
    ChecklistTemplate.entries,
    ChecklistTemplate.version,
    ChecklistTemplate.created_at,
    ChecklistTemplate.updated_at,
)
_WRITTEN: Final = (
    ChecklistTemplate.name,
    ChecklistTemplate.entries,
    ChecklistTemplate.version,
    ChecklistTemplate.updated_at,
)
ALL = Statement(
    lambda: (
        ChecklistTemplate.select(*_COLUMNS).where(_OWN).order_by(fn.LOWER(ChecklistTemplate.name), ChecklistTemplate.id)
    ),
    record=TemplateOut,
)
ONE = Statement(
    lambda: ChecklistTemplate.select(*_COLUMNS).where(_OWN & (ChecklistTemplate.id == Param("id"))), record=TemplateOut
)
COUNT = Statement(lambda: ChecklistTemplate.select(fn.COUNT(ChecklistTemplate.id)).where(_OWN), record=int)
#: Two writes of one person follow each other.
OWNER = Statement(lambda: User.select(User.id).where(User.id == Param("owner")), record=int, locks=User)
CREATE = Statement(
    lambda: ChecklistTemplate.insert(
        params(ChecklistTemplate.owner, *_WRITTEN, ChecklistTemplate.created_at)
    ).returning(ChecklistTemplate.id),
    record=int,
)
UPDATE = Command(lambda: ChecklistTemplate.update(params(*_WRITTEN)).where(ChecklistTemplate.id == Param("id")))
DELETE = Command(lambda: ChecklistTemplate.delete().where(_OWN & (ChecklistTemplate.id == Param("id"))))


class ChecklistTemplates:
    """What people do with their templates. Nobody sees those of others."""

    def __init__(self, db: Engine, plans: Plans, clock: Clock, settings: Settings) -> None:
        self.db = db
        self._plans, self._clock, self._settings = plans, clock, settings.plans

    def all(self, actor: Actor) -> TemplateList:
        """The templates of the actor, and those that come with tripkit."""
        return TemplateList(ALL.all(self.db, owner=actor.user_id), list(packing.templates().values()))

    def get(self, actor: Actor, template_id: int) -> TemplateOut:
        """One template of the actor; raises `NotFound`."""
        found = ONE.one(self.db, owner=actor.user_id, id=template_id)
        if found is None:
            raise NotFound("checklist template", template_id)
        return found

    def resolve(self, actor: Actor, name: str) -> int | str:
        """The number of the actor's template that a person named, or the key of one that comes with tripkit."""
        if (number := names.number(name)) is not None:
            return number
        wanted = name.strip().casefold()
        own = [(each.id, each.name) for each in ALL.all(self.db, owner=actor.user_id)]
        if wanted in packing.templates() and wanted not in {called.casefold() for _, called in own}:
            return wanted
        return names.pick("checklist template", name, own)

    @atomic
    def create(self, actor: Actor, form: TemplateIn) -> TemplateOut:
        """A new template of the actor."""
        self._lock(actor)
        name, entries = form.name, form.entries
        if form.copy_of is not None:
            plan = self._plans.get(actor, form.copy_of.plan_id)
            copied = checklist_rows.one(self.db, plan.id, form.copy_of.checklist_id)
            name, entries = name or copied.name, [*(entry.text for entry in copied.entries), *entries]
        if name is None:
            raise ValidationFailed({"name": ["is required, unless it is made from a checklist."]})
        values = self._checked(name, entries)
        if (COUNT.one(self.db, owner=actor.user_id) or 0) >= MOST:
            raise Conflict(f"You may have {MOST} checklist templates. Delete one first.")
        now = self._clock()
        values |= {"version": 1, "created_at": now, "updated_at": now}
        return TemplateOut(CREATE.one(self.db, owner=actor.user_id, **_stored(values)) or 0, **values)

    @atomic
    def edit(self, actor: Actor, template_id: int, patch: TemplatePatch, *, expected: int | None = None) -> TemplateOut:
        """Change the fields that were given. `expected` is the version that the caller knows."""
        self._lock(actor)
        known = self._find(actor, template_id, expected)
        fields = {"name": known.name, "entries": known.entries} | validation.given(patch)
        values = self._checked(**fields) | {"version": known.version + 1, "updated_at": self._clock()}
        UPDATE.run(self.db, **_stored(values), id=known.id)
        return msgspec.structs.replace(known, **values)

    @atomic
    def delete(self, actor: Actor, template_id: int, *, expected: int | None = None) -> TemplateOut:
        """Delete a template; what it was. Checklists that were made from it stay."""
        self._lock(actor)
        known = self._find(actor, template_id, expected)
        DELETE.run(self.db, owner=actor.user_id, id=known.id)
        return known

    def _lock(self, actor: Actor) -> None:
        OWNER.one(self.db, owner=actor.user_id)

    def _find(self, actor: Actor, template_id: int, expected: int | None) -> TemplateOut:
        found = self.get(actor, template_id)
        if expected is not None and found.version != expected:
            raise StaleVersion("checklist template", template_id, found.version)
        return found

    def _checked(self, name: str, entries: list[str]) -> dict[str, Any]:
        if len(entries) > self._settings.max_checklist_entries:
            raise Conflict(f"A template may have {self._settings.max_checklist_entries} entries, not {len(entries)}.")
        return {"name": checklist_rules.name(name), "entries": checklist_rules.texts(entries)}


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"entries": msgspec.json.encode(values["entries"]).decode()}
