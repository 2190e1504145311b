"""Travel plans: their rules, and keeping them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Raw

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import NotFound, StaleVersion
from tripkit.models import Plan, User
from tripkit.schemas.changes import ChangeAction
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPage, PlanPatch, PlanQuery, Status
from tripkit.schemas.sharing import Action, Role
from tripkit.schemas.users import Actor
from tripkit.services import (
    changes,
    countries,
    destinations,
    jsontext,
    names,
    pages,
    parts,
    plan_list,
    plan_rules,
    policy,
    validation,
)
from tripkit.services.clock import Clock
from tripkit.services.cursors import Cursors
from tripkit.services.parts import Part, Rows
from tripkit.services.plan_list import COLUMNS, place_of, place_values, quoted

_WRITTEN: Final = (
    Plan.title,
    Plan.destination,
    Plan.description,
    Plan.start_date,
    Plan.end_date,
    Plan.budget,
    Plan.currency,
    Plan.status,
    Plan.plan_data,
    Plan.tags,
    Plan.timezone,
    Plan.version,
    Plan.updated_at,
    Plan.trashed_at,
)
#: What follows from the rest.
_COMPUTED: Final = (Plan.destination_country,)
ONE = Statement(lambda: Plan.select(*COLUMNS).join(User).where(Plan.id == Param("id")), record=PlanOut)
ONE_TO_WRITE = Statement(ONE.build, ONE.record, locks=Plan)
VERSION: Statement[tuple[int, Role | None]] = Statement(
    lambda: Plan.select(Plan.version, policy.role()).where((Plan.id == Param("id")) & Plan.trashed_at.is_null()),
    record=lambda version, role: (version, role),
)
CREATE = Statement(
    lambda: Plan.insert(params(Plan.owner, *_WRITTEN, *_COMPUTED, Plan.created_at)).returning(Plan.id), record=int
)
UPDATE = Command(
    lambda: Plan.update(params(*_WRITTEN, *_COMPUTED)).where((Plan.id == Param("id")) & (Plan.version == Param("was")))
)

TOUCH = Command(
    lambda: Plan.update({Plan.version: Plan.version + 1, **params(Plan.updated_at)}).where(Plan.id == Param("id"))
)
DESTINATION = Statement(lambda: Plan.select(Plan.destination).where(Plan.id == Param("id")), record=str)
LOCATE = Command(lambda: Plan.update(params(*_COMPUTED)).where(Plan.id == Param("id")))


def _titles(*, trashed: bool) -> Any:
    meant = (Plan.owner == Param("user")) if trashed else policy.is_readable()
    found = Plan.select(Plan.id, Plan.title).where(meant & Plan.trashed_at.is_null(not trashed))
    return found.order_by(Plan.updated_at.desc(), Plan.id.desc())


TITLES = Statement(lambda: _titles(trashed=False), record=row)
TRASHED_TITLES = Statement(lambda: _titles(trashed=True), record=row)
PURGE = Command(lambda: Plan.delete().where(Plan.trashed_at < Param("before")))


class Plans:
    """What people do with their plans."""

    def __init__(self, db: Engine, cursors: Cursors, clock: Clock, settings: Settings) -> None:
        self.db = db
        self._cursors, self._clock, self._settings = cursors, clock, settings.plans
        #: Called with a plan's number and version when a change of it was committed, in the thread that wrote it.
        self.on_change: Callable[[int, int], None] | None = None

    def get(self, actor: Actor, plan_id: int, *, action: Action = "read") -> PlanOut:
        """One plan; raises `NotFound`, also for one in the trash. `action` is what it is read for."""
        return self._checked_access(ONE.one(self.db, id=plan_id, user=actor.user_id), plan_id, action)

    def page(self, actor: Actor, query: PlanQuery) -> PlanPage:
        """One page of the plans that the actor may read; of the trash, of those that are the actor's own."""
        scope = f"plans {query.ordering}{' trashed' if query.trashed else ''}"
        values: dict[str, Any] = {"user": actor.user_id, "limit": query.limit + 1}
        if query.cursor is not None:
            values |= place_values(query.ordering, self._cursors.read(scope, query.cursor))
        results, more = pages.take(plan_list.rows(self.db, query, values | _filters(query)), query.limit)
        return PlanPage(results, self._cursors.write(scope, *place_of(query.ordering, results[-1])) if more else None)

    def resolve(self, actor: Actor, name: str, *, trashed: bool = False) -> int:
        """The id of the plan that a person named by its number or an unambiguous piece of its title."""
        if (number := names.number(name)) is not None:
            return number
        titles = (TRASHED_TITLES if trashed else TITLES).all(self.db, user=actor.user_id)
        return names.pick("plan", name, titles, trashed=trashed)

    @atomic
    def create(self, actor: Actor, form: PlanIn) -> PlanOut:
        """A new plan of the actor."""
        values = plan_rules.checked(validation.given(form), default_currency=self._settings.currency)
        self._check_publishing(values, before="draft")
        now = self._clock()
        values |= {"version": 1, "created_at": now, "updated_at": now, "trashed_at": None}
        plan_id = CREATE.one(self.db, owner=actor.user_id, **plan_rules.stored(values))
        return PlanOut(id=plan_id or 0, user=actor.username, role="owner", **values)

    @atomic
    def replace(self, actor: Actor, plan_id: int, form: PlanIn, *, expected: int | None = None) -> PlanOut:
        """Every field anew. `expected` is the version the caller knows; raises `StaleVersion` if it is another."""
        plan = self._find(actor, plan_id, "edit", expected)
        return self._write(actor, plan, "plan.edit", self._checked(plan, validation.given(form)))

    @atomic
    def edit(
        self,
        actor: Actor,
        plan_id: int,
        patch: PlanPatch,
        *,
        expected: int | None = None,
        merge: bool = False,
    ) -> PlanOut:
        """Change the fields that were given; with `merge`, `plan_data` is a merge patch (RFC 7396)."""
        plan = self._find(actor, plan_id, "edit", expected)
        given = validation.given(patch)
        if merge and "plan_data" in given:
            given["plan_data"] = Raw(jsontext.merge(bytes(plan.plan_data), bytes(given["plan_data"]).strip()))
        return self._write(actor, plan, "plan.edit", self._checked(plan, given))

    @atomic
    def trash(self, actor: Actor, plan_id: int, *, expected: int | None = None) -> PlanOut:
        """Put a plan into the trash, and delete for good what has been there too long."""
        plan = self._find(actor, plan_id, "trash", expected)
        trashed = self._write(actor, plan, "plan.trash", {"trashed_at": self._clock()})
        self.purge()
        return trashed

    @atomic
    def restore(self, actor: Actor, plan_id: int) -> PlanOut:
        """Take a plan out of the trash."""
        plan = self._find(actor, plan_id, "trash", trashed=True)
        return self._write(actor, plan, "plan.restore", {"trashed_at": None})

    @atomic
    def purge(self) -> int:
        """Delete for good what has been in the trash for `plans.trash_days`; how many plans that were."""
        return PURGE.run(self.db, before=self._clock() - timedelta(days=self._settings.trash_days))

    def to_write(self, actor: Actor, plan_id: int, *, expected: int | None = None, action: Action = "edit") -> PlanOut:
        """A plan that this unit may write to, kept as it is until the unit ends; raises as `get`, and `StaleVersion`.

        For what belongs to a plan: a write to it is one to the plan (see `touch`).
        """
        return self._find(actor, plan_id, action, expected)

    def version(self, actor: Actor, plan_id: int) -> int:
        """At which version a plan is that the actor may read; raises as `get`."""
        found = VERSION.one(self.db, id=plan_id, user=actor.user_id)
        policy.require_plan_access(plan_id, found[1] if found else None, "read")
        assert found is not None
        return found[0]

    def to_admit(self, plan_id: int) -> PlanOut:
        """As `to_write`, for letting somebody in who has no role yet: whoever calls it has seen their invitation."""
        plan = self._held(None, plan_id)
        if plan is None:
            raise NotFound("plan", plan_id)
        return plan

    def touch(
        self,
        actor: Actor,
        plan: PlanOut,
        action: ChangeAction,
        *written: Part[Any] | Rows | None,
        target: int | None = None,
    ) -> PlanOut:
        """Count and record a write to what belongs to a plan, which is from `to_write`: the rows that were written."""
        now = self._clock()
        TOUCH.run(self.db, id=plan.id, updated_at=now)
        if any(isinstance(each, Rows) and each.kind is parts.PLAN for each in written):
            self._locate(plan.id)
        touched = msgspec.structs.replace(plan, version=plan.version + 1, updated_at=now)
        self._record(actor, plan, touched, action, written, target)
        return touched

    def _locate(self, plan_id: int) -> None:
        """Compute anew what follows from the fields of a plan that were written by others, such as its history."""
        for destination in DESTINATION.all(self.db, id=plan_id):
            LOCATE.run(self.db, id=plan_id, destination_country=destinations.country(destination))

    def _find(
        self,
        actor: Actor,
        plan_id: int,
        action: Action,
        expected: int | None = None,
        *,
        trashed: bool = False,
    ) -> PlanOut:
        """A plan for this unit to write to, kept as it is until the unit ends."""
        plan = self._checked_access(self._held(actor.user_id, plan_id), plan_id, action, trashed=trashed)
        if expected is not None and plan.version != expected:
            raise StaleVersion("plan", plan_id, plan.version, plan)
        return plan

    def _held(self, user_id: int | None, plan_id: int) -> PlanOut | None:
        plan = ONE_TO_WRITE.one(self.db, id=plan_id, user=user_id)
        if plan is not None and plan.role == "owner":
            return plan
        # On Postgres a query that waited for whoever held the plan sees members and owners as they were before that:
        # perhaps somebody who was put out, or no plan where it has a new owner. Now that it is held, nothing changes.
        return ONE_TO_WRITE.one(self.db, id=plan_id, user=user_id)

    def _checked_access(self, plan: PlanOut | None, plan_id: int, action: Action, *, trashed: bool = False) -> PlanOut:
        if plan is None:
            raise NotFound("plan", plan_id)
        policy.require_plan_access(plan_id, plan.role, action)
        if (plan.trashed_at is not None) != trashed:
            raise NotFound("plan" if not trashed else "plan in the trash with the number", plan_id)
        return plan

    def _checked(self, plan: PlanOut, given: dict[str, Any]) -> dict[str, Any]:
        """The plan with these fields; the rules hold for the whole of it."""
        values = plan_rules.checked(msgspec.structs.asdict(plan) | given, default_currency=self._settings.currency)
        if (values["status"] == "published") != (plan.status == "published"):
            policy.require_plan_access(plan.id, plan.role, "publish")
        self._check_publishing(values, before=plan.status)
        return values

    def _check_publishing(self, values: dict[str, Any], *, before: Status) -> None:
        """Raise `Forbidden` where a plan would be published, and there is no gallery."""
        if values["status"] == "published" != before:
            policy.require_publishing(allowed=self._settings.gallery)

    def _write(self, actor: Actor, plan: PlanOut, action: ChangeAction, given: dict[str, Any]) -> PlanOut:
        before = msgspec.structs.asdict(plan)
        values = before | given
        values |= {"version": plan.version + 1, "updated_at": self._clock()}
        written = {field.name: values[field.name] for field in _WRITTEN}
        if not UPDATE.run(self.db, was=plan.version, **plan_rules.stored(written), id=plan.id):
            raise StaleVersion("plan", plan.id, plan.version + 1)
        after = PlanOut(**values)
        self._record(actor, plan, after, action, (parts.PLAN.part(plan.id, before, values),))
        return after

    def _record(
        self,
        actor: Actor,
        before: PlanOut,
        after: PlanOut,
        action: ChangeAction,
        written: tuple[Part[Any] | Rows | None, ...],
        target: int | None = None,
    ) -> None:
        changes.record(self.db, actor, before, after, action, written, target)
        if self.on_change is not None:
            self.db.after_commit(partial(self.on_change, after.id, after.version))


def _filters(query: PlanQuery) -> dict[str, Any]:
    validation.check_period(query.from_, query.to)
    found: dict[str, Any] = {
        "role": query.role,
        "status": query.status,
        "from_date": query.from_,
        "to_date": query.to,
    }
    if query.tag is not None:
        found["tag"] = quoted(query.tag)
    if query.country is not None:
        found["country"] = countries.wanted(query.country)
    return found
