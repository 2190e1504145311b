"""Plans as strangers see them, read from the database: for links and for the gallery alike."""

from collections.abc import Collection

from tripkit.database import Engine
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.shared import Redaction, SharedPlan
from tripkit.services import checklist_rows, plan_money, plan_settings
from tripkit.services.items import Items
from tripkit.services.shared_view import view


class SharedPlans:
    """Gathers what a plan consists of, and lets `shared_view` decide what of it is shown."""

    def __init__(self, db: Engine, items: Items) -> None:
        self.db = db
        self._items = items

    def show(self, plan: PlanOut, redactions: Collection[Redaction], *, label: str = "") -> SharedPlan:
        """A plan that the caller may show."""
        days = self._items.days(plan)
        items = [item for day in days for item in day.items]
        totals = plan_money.totals(plan, items, plan_settings.read(self.db, plan.id).by_pair)
        checklists = checklist_rows.of_plan(self.db, plan.id)
        return view(plan, days, totals, redactions, checklists=checklists, label=label)
