"""What was done with plans, and the ways back.

Whoever may read a plan may read its history, and whoever may edit it may go back: also behind the changes of others, as
they could by hand. Nothing is overwritten by that: it is a change like any other.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from tripkit.config import Settings
from tripkit.database import Engine, atomic
from tripkit.errors import Busy, Conflict, VersionUnknown
from tripkit.schemas.changes import ChangeAction, ChangeOut, ChangePage, ChangeQuery, Difference, VersionOut
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import access_changes, change_records, changes, putting_back, undoing, versions
from tripkit.services.changes import Logged
from tripkit.services.clock import Clock
from tripkit.services.cursors import Cursors
from tripkit.services.parts import PARTS, Rows
from tripkit.services.plans import Plans

#: Bytes of changes after which a page ends early.
_PAGE_BYTES: Final = 4 * 1024 * 1024
#: Changes that may have become visible after one with a higher number.
_OVERLAP: Final = 100
#: How often a plan that others write to meanwhile is read again.
_TRIES: Final = 5


class History:
    """Reads the log of changes, and goes back in it."""

    def __init__(self, db: Engine, plans: Plans, cursors: Cursors, clock: Clock, settings: Settings) -> None:
        self.db = db
        self._plans, self._cursors, self._clock, self._settings = plans, cursors, clock, settings.plans

    def page(self, actor: Actor, plan_id: int, query: ChangeQuery) -> ChangePage:
        """One page of the changes of a plan, newest first."""
        plan = self._plans.get(actor, plan_id)
        scope = f"changes {plan.id}"
        before = plan.version + 1 if query.cursor is None else self._cursors.read(scope, query.cursor)[0]
        results: list[ChangeOut] = []
        size = 0
        for change in self._each(plan, before):
            if len(results) == query.limit or size > _PAGE_BYTES:
                return ChangePage(results, self._cursors.write(scope, results[-1].version))
            results.append(self._shown(plan, change))
            size += change.size if change else 0
        return ChangePage(results, None)

    def change(self, actor: Actor, plan_id: int, version: int) -> ChangeOut:
        """The change that made a version; raises `VersionUnknown`."""
        plan = self._plans.get(actor, plan_id)
        return self._shown(plan, self._find(plan, version))

    def version(self, actor: Actor, plan_id: int, version: int) -> VersionOut:
        """A whole plan as it was; raises `VersionUnknown`."""
        for _ in range(_TRIES):
            plan = self._plans.get(actor, plan_id)
            state, at = versions.back(self.db, plan, version, versions.now(self.db, plan))
            if self._plans.get(actor, plan_id).version == plan.version:
                return versions.shown(plan, version, state, at)
        raise Busy("Others are writing to this plan.")

    def difference(self, actor: Actor, plan_id: int, before: int, after: int | None = None) -> Difference:
        """What is different between two versions, or a version and the newest; raises `VersionUnknown`."""
        for _ in range(_TRIES):
            plan = self._plans.get(actor, plan_id)
            newest, later = versions.now(self.db, plan), plan.version if after is None else after
            old, new = (versions.back(self.db, plan, each, newest)[0] for each in (before, later))
            if self._plans.get(actor, plan_id).version == plan.version:
                found = [
                    part
                    for name, key in sorted({*old, *new}, key=_in_order)
                    if (part := PARTS[name].part(key, old.get((name, key)), new.get((name, key))))
                ]
                return Difference(plan.id, before, later, change_records.differences(found))
        raise Busy("Others are writing to this plan.")

    @atomic
    def undo(self, actor: Actor, plan_id: int, version: int | None = None, *, expected: int | None = None) -> ChangeOut:
        """Take back the change that made a version, or the last one of the actor that still stands.

        What was changed since in other places stays. Raises `NewerChange` when it was changed in the same place,
        `Conflict` when there is nothing to take back, and `VersionUnknown`.
        """
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        change = self._find(plan, self._last(actor, plan) if version is None else version)
        if change is None:
            raise Conflict("Version 1 is the plan as it was made: there is nothing before it. Delete the plan instead.")
        try:
            undoing.require_undoable(change)
        except Conflict as refused:
            if version is not None:
                raise
            raise Conflict(f"{refused} To take back what was before it, name the version of that.") from None
        wanted = undoing.before(self.db, plan, change)
        return self._put_back(actor, plan, "history.undo", change.version, wanted)

    @atomic
    def restore(self, actor: Actor, plan_id: int, version: int, *, expected: int | None = None) -> ChangeOut:
        """Make a plan what it was at a version; raises `VersionUnknown`.

        Whether it is published stays as it is, and so does who has access.
        """
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        newest = versions.now(self.db, plan)
        state, _ = versions.back(self.db, plan, version, newest)
        row = state["plan", plan.id]
        if "published" in (row["status"], plan.status):
            row["status"] = plan.status
        wanted: putting_back.Wanted = {
            each: state.get(each)
            for each in sorted({*newest, *state}, key=_in_order)
            if undoing.differs(newest.get(each), state.get(each))
        }
        return self._put_back(actor, plan, "history.restore", version, wanted)

    @atomic
    def forget_old(self) -> int:
        """Delete some of the changes from before `plans.history_days`; how many those were."""
        if not self._settings.history_days:
            return 0
        return changes.forget(self.db, self._clock() - timedelta(days=self._settings.history_days))

    def newest(self, actor: Actor, plan_id: int) -> int:
        """At which version a plan is; raises `NotFound` for whoever may not read it."""
        return self._plans.version(actor, plan_id)

    def after(self, plan_id: int, version: int, limit: int) -> list[ChangeOut]:
        """The first changes after a version; the caller has seen to it that they may be read (see `newest`)."""
        found = changes.NEXT.all(self.db, plan=plan_id, version=version, limit=limit)
        return [change_records.shown(access_changes.named(self.db, change)) for change in found]

    def news(self, last: int | None) -> tuple[int, list[tuple[int, int]]]:
        """Which plans are at which version since the change with the number `last`; and the number of the last now.

        Some come again: where several write at once, numbers do not become visible in their order.
        """
        latest = changes.LATEST.one(self.db) or 0
        if last is None or latest == last:
            return latest, []
        return latest, changes.NEWS.all(self.db, after=last - _OVERLAP)

    def _each(self, plan: PlanOut, before: int) -> Iterator[Logged | None]:
        """The changes before a version, newest first; the one that made the plan is None if it was not recorded."""
        version = before
        for change in changes.BEFORE.each(self.db, plan=plan.id, version=before):
            version = change.version
            yield change
        if version == 2:
            yield None

    def _shown(self, plan: PlanOut, change: Logged | None) -> ChangeOut:
        if change is not None:
            return change_records.shown(access_changes.named(self.db, change))
        transfer = changes.FIRST_TRANSFER.one(self.db, plan=plan.id)
        return change_records.beginning(plan, access_changes.first_owner(self.db, transfer) if transfer else plan.user)

    def _find(self, plan: PlanOut, version: int) -> Logged | None:
        if 1 <= version <= plan.version:
            found = changes.ONE.one(self.db, plan=plan.id, version=version)
            oldest = changes.OLDEST.one(self.db, plan=plan.id) or (plan.version + 1, plan.updated_at)
            if found is not None or (version == 1 and oldest[0] == 2):
                return found
            raise VersionUnknown(plan.id, version, newest=plan.version, oldest=oldest[0] - 1)
        raise VersionUnknown(plan.id, version, newest=plan.version)

    def _last(self, actor: Actor, plan: PlanOut) -> int:
        """The last change of the actor that was not taken back, and takes nothing back itself."""
        undone: set[int | None] = set()
        for change in changes.HEADS.each(self.db, plan=plan.id):
            if change.version in undone:
                continue
            if change.action == "history.undo":
                undone.add(change.target)
            elif change.actor == actor.user_id:
                return change.version
        raise Conflict("You have changed nothing in this plan that could be taken back.")

    def _put_back(
        self, actor: Actor, plan: PlanOut, action: ChangeAction, target: int, wanted: putting_back.Wanted
    ) -> ChangeOut:
        """Write rows, as one change; raises `Conflict` when there are more than a plan may have."""
        now = self._clock()
        written = {each: PARTS[each[0]].rows(self.db, plan.id, each[1]) for each in wanted}
        counting = {each: PARTS[each[0]].rows(self.db, plan.id, each[1]) for each in _counted(wanted, written)}
        for each in putting_back.write(self.db, plan.id, wanted, now).values():
            written.setdefault(each, PARTS[each[0]].new(plan.id, each[1]))
        for name, key in counting:
            putting_back.count(self.db, PARTS[name], key, now)
        self._require_room(plan, wanted)
        if action == "history.undo":
            undoing.require_whole(self.db, plan, wanted)
        touched = self._plans.touch(actor, plan, action, *written.values(), *counting.values(), target=target)
        change = self._find(touched, touched.version)
        assert change is not None
        return change_records.shown(change)

    def _require_room(self, plan: PlanOut, wanted: putting_back.Wanted) -> None:
        options = self._settings
        most = {"item": options.max_items, "expense": options.max_expenses, "checklist": options.max_checklists}
        for name in {name for (name, _), row in wanted.items() if row is not None and name in most}:
            if PARTS[name].count(self.db, plan.id) > most[name]:
                raise Conflict(f"A plan may have {most[name]} {name}s: this would bring back more than fit.")


def _counted(wanted: putting_back.Wanted, written: Mapping[tuple[str, int], Rows]) -> set[tuple[str, int]]:
    """Rows of which only a part is written, like the checklists of entries."""
    found = set()
    for each, row in wanted.items():
        if column := PARTS[each[0]].counted_by:
            for state in (row, written[each].before[each[1]]):
                if state is not None:
                    found.add((PARTS[each[0]].refers[column], state[column]))
    return found - wanted.keys()


def _in_order(each: tuple[str, int]) -> tuple[int, int]:
    """By kinds, as they are listed, and by numbers."""
    return list(PARTS).index(each[0]), each[1]
