"""Who comes along: people who share what a plan costs, whether they have an account or not.

Who may do what with a traveller is who may do it with the plan, and every write to one is a write to the plan.
"""

from typing import Final

from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import Ambiguous, Conflict, NotFound, Taken, ValidationFailed
from tripkit.models import Traveller
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerIn, TravellerList, TravellerOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_rows, expense_records, folding, jsontext, parts, validation
from tripkit.services.clock import Clock
from tripkit.services.plans import Plans

#: Travellers that a plan may have.
MOST: Final = 100

_COLUMNS: Final = (Traveller.id, Traveller.plan, Traveller.name, Traveller.created_at)
_IN_PLAN: Final = Traveller.plan == Param("plan")
_THIS_ONE: Final = _IN_PLAN & (Traveller.id == Param("id"))

ALL = Statement(lambda: Traveller.select(*_COLUMNS).where(_IN_PLAN).order_by(Traveller.id), record=TravellerOut)
ONE = Statement(lambda: Traveller.select(*_COLUMNS).where(_THIS_ONE), record=TravellerOut)
CALLED = Statement(
    lambda: Traveller.select(*_COLUMNS).where(_IN_PLAN & (Traveller.name_key == Param("name_key"))),
    record=TravellerOut,
)
CREATE = Statement(
    lambda: Traveller.insert(
        params(Traveller.plan, Traveller.name, Traveller.name_key, Traveller.created_at)
    ).returning(Traveller.id),
    record=int,
)
CREATE_MANY = Command(
    lambda: Traveller.insert(params(Traveller.plan, Traveller.name, Traveller.name_key, Traveller.created_at))
)
RENAME = Command(lambda: Traveller.update(params(Traveller.name, Traveller.name_key)).where(_THIS_ONE))
DELETE = Command(lambda: Traveller.delete().where(_THIS_ONE))


class Travellers:
    """What people do with the travellers of their plans."""

    def __init__(self, db: Engine, plans: Plans, clock: Clock) -> None:
        self.db = db
        self._plans, self._clock = plans, clock

    def of_plan(self, actor: Actor, plan_id: int) -> TravellerList:
        """The travellers of a plan."""
        plan = self._plans.get(actor, plan_id)
        return TravellerList(plan.id, plan.version, self.all(plan))

    def all(self, plan: PlanOut) -> list[TravellerOut]:
        """The travellers of a plan that the caller was given by `Plans`, in the order in which they were added."""
        return ALL.all(self.db, plan=plan.id)

    def get(self, actor: Actor, plan_id: int, traveller_id: int) -> TravellerOut:
        """One traveller; raises `NotFound`."""
        return self._find(self._plans.get(actor, plan_id), traveller_id)

    def resolve(self, actor: Actor, plan_id: int, name: str) -> int:
        """The id of the traveller whom a person named; see `named`."""
        return named(self.of_plan(actor, plan_id).travellers, name)

    @atomic
    def create(self, actor: Actor, plan_id: int, form: TravellerIn, *, expected: int | None = None) -> TravellerOut:
        """Somebody more. `expected` is the version of the plan that the caller knows. Raises `Taken`."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        name = _checked(form.name)
        self._refuse_twice(plan, name)
        if len(self.all(plan)) >= MOST:
            raise Conflict(f"A plan may have {MOST} travellers, and this one has. Remove somebody first.")
        now = self._clock()
        made = CREATE.one(self.db, plan=plan.id, name=name, name_key=key(name), created_at=now)
        self._plans.touch(actor, plan, "traveller.create", parts.TRAVELLER.new(plan.id, made or 0))
        return TravellerOut(made or 0, plan.id, name, now)

    def copy(self, source: PlanOut, target: PlanOut) -> dict[int, int]:
        """The travellers of one plan for a new one, both given by `Plans` to this unit; new numbers by the old."""
        known, now = self.all(source), self._clock()
        new = ({"plan": target.id, "name": each.name, "name_key": key(each.name), "created_at": now} for each in known)
        CREATE_MANY.run_many(self.db, new)
        return {old.id: made.id for old, made in zip(known, self.all(target), strict=True)}

    @atomic
    def rename(
        self, actor: Actor, plan_id: int, traveller_id: int, form: TravellerIn, *, expected: int | None = None
    ) -> TravellerOut:
        """Another name for somebody. `expected` and what is raised as in `create`."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        traveller = self._find(plan, traveller_id)
        name = _checked(form.name)
        self._refuse_twice(plan, name, but=traveller_id)
        was = parts.TRAVELLER.rows(self.db, plan.id, traveller_id)
        RENAME.run(self.db, plan=plan.id, id=traveller_id, name=name, name_key=key(name))
        self._plans.touch(actor, plan, "traveller.rename", was)
        return TravellerOut(traveller.id, plan.id, name, traveller.created_at)

    @atomic
    def delete(self, actor: Actor, plan_id: int, traveller_id: int, *, expected: int | None = None) -> TravellerOut:
        """Without somebody. Raises `Conflict` while expenses name them."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        traveller = self._find(plan, traveller_id)
        if used := expense_records.naming(self.db, plan.id, traveller_id):
            shown = ", ".join(f'{number} ("{title}")' for number, title in used[:5]) + (", …" if len(used) > 5 else "")
            raise Conflict(
                f"{traveller.name} has a part in expenses of this plan: {shown}. Put somebody else in their "
                "place first, also where they are in the trash."
            )
        was = parts.TRAVELLER.rows(self.db, plan.id, traveller_id)
        entries = checklist_rows.release(self.db, plan.id, traveller_id)
        DELETE.run(self.db, plan=plan.id, id=traveller_id)
        self._plans.touch(actor, plan, "traveller.delete", was, entries)
        return traveller

    def _find(self, plan: PlanOut, traveller_id: int) -> TravellerOut:
        found = ONE.one(self.db, plan=plan.id, id=traveller_id)
        if found is None:
            raise NotFound("traveller", traveller_id)
        return found

    def _refuse_twice(self, plan: PlanOut, name: str, *, but: int | None = None) -> None:
        there = CALLED.one(self.db, plan=plan.id, name_key=key(name))
        if there is not None and there.id != but:
            raise Taken({"name": [f"{jsontext.shorten(there.name)} is in this plan already. Tell both apart."]})


def named(travellers: list[TravellerOut], name: str) -> int:
    """The id of the one who is called so, in any letter case and with or without accents; else of the one with this
    number; else of the only one whose name this is a piece of.

    Raises `NotFound` and `Ambiguous`.
    """
    wanted = key(name)
    exact = [each for each in travellers if key(each.name) == wanted]
    numbered = [each for each in travellers if str(each.id) == name.strip()]
    matches = exact or numbered or [each for each in travellers if wanted and wanted in key(each.name)]
    if not matches:
        raise NotFound("traveller", jsontext.shorten(name))
    if len(matches) > 1:
        raise Ambiguous("traveller", name, [(each.id, each.name) for each in matches])
    return matches[0].id


def key(name: str) -> str:
    """A name as it is compared: without accents and capitals, where it has letters."""
    return (folding.fold(name) or name.strip().casefold())[:200]


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValidationFailed({"name": ["must not be blank."]})
    if not validation.is_one_line(name):
        raise ValidationFailed({"name": ["must be one line without control characters."]})
    return name
