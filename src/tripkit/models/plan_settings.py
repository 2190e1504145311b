import peewee

from tripkit.database.fields import IdField, JSONTextField, StringsField
from tripkit.models.base import Model
from tripkit.models.plan import Plan


class PlanSettings(Model):
    """How a plan counts and is checked. A plan without a row has no rates, and nothing is ignored in it."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="settings", unique=True)
    #: A JSON array of `{"base": "EUR", "quote": "JPY", "rate": "162.5"}`.
    rates = JSONTextField()
    #: A JSON array of codes of findings.
    ignored_checks = StringsField()
    #: A JSON object of what each kind of item may cost, in the currency of the plan: `{"food": "500.00"}`.
    budgets = JSONTextField(constraints=[peewee.SQL("DEFAULT '{}'")])

    class Meta:
        table_name = "plan_settings"
