"""Column types that mean the same on every database, and come back as the same Python values.

Instants are aware UTC datetimes with microseconds, dates are `date`, money is `Decimal`, JSON is its exact text.
SQLite keeps all of them as text that sorts as the values do (money excepted: it is never sorted by).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import peewee


class IdField(peewee.BigAutoField):
    """A primary key that is never given out twice, so that nothing old can come to mean something new."""

    def ddl(self, ctx: peewee.Context) -> Any:
        column = super().ddl(ctx)
        # Postgres sequences never go back; SQLite takes the highest free number unless told.
        if ctx.state.field_types["BIGAUTO"] != "INTEGER":
            return column
        return peewee.NodeList((column, peewee.SQL("AUTOINCREMENT")))


class InstantField(peewee.Field):
    """A moment: `2027-04-01T09:30:00.000000Z` on SQLite, `timestamptz` on Postgres."""

    field_type = "INSTANT"

    def db_value(self, value: Any) -> str | None:
        return instant_text(value) if isinstance(value, datetime) else value

    def python_value(self, value: Any) -> datetime | None:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class DateField(peewee.Field):
    """A calendar date: `2027-04-01` on SQLite, `date` on Postgres."""

    field_type = "CALENDARDATE"

    def db_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value

    def python_value(self, value: Any) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class MoneyField(peewee.Field):
    """An amount with two decimals: exact text on SQLite (its numbers are floats), `numeric(10,2)` on Postgres."""

    field_type = "MONEY"

    def db_value(self, value: Any) -> str | None:
        return str(value) if isinstance(value, Decimal) else value

    def python_value(self, value: Any) -> Decimal | None:
        return Decimal(value) if isinstance(value, str) else value


class AmountField(MoneyField):
    """An amount with the decimals of any currency: exact text on SQLite, `numeric(16,4)` on Postgres.

    Postgres gives four decimals back, whatever was put in: see `money.trimmed`.
    """

    field_type = "AMOUNT"


class JSONTextField(peewee.TextField):
    """JSON as the text it was sent as: key order, big integers and decimals stay. Statements read it as `Raw`."""


class StringsField(peewee.TextField):
    """A list of strings, as a JSON array. Statements read it as a list."""


def read_strings(text: str) -> list[str]:
    """The list in a `StringsField`."""
    return [] if text == "[]" else msgspec.json.decode(text, type=list[str])


#: How columns are read whose text is the same on every database.
TEXT_READERS: dict[type[peewee.Field], Callable[[Any], Any]] = {JSONTextField: msgspec.Raw, StringsField: read_strings}

#: What these types are called on SQLite.
SQLITE_TYPES = {"INSTANT": "TEXT", "CALENDARDATE": "TEXT", "MONEY": "TEXT", "AMOUNT": "TEXT"}
#: ... and on Postgres.
POSTGRES_TYPES = {
    "INSTANT": "TIMESTAMPTZ",
    "CALENDARDATE": "DATE",
    "MONEY": "NUMERIC(10, 2)",
    "AMOUNT": "NUMERIC(16, 4)",
}


def instant_text(value: datetime) -> str:
    """An aware datetime as SQLite keeps it; sorts as the moments do."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
