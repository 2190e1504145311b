"""Compiled statements do what plain Peewee does."""

import operator
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import peewee
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.database import Command, Engine, Param, Statement, params
from tripkit.database.fields import DateField, IdField, InstantField, JSONTextField, MoneyField
from tripkit.errors import Conflict
from tripkit.models import Model, PlanSettings
from tripkit.schemas.plans import PlanIn


class Sample(Model):
    """One column of each type."""

    id = IdField()
    name = peewee.CharField(200, default="nobody")
    number = peewee.BigIntegerField(null=True)
    ratio = peewee.DoubleField(null=True)
    flag = peewee.BooleanField(null=True)
    moment = InstantField(null=True)
    day = DateField(null=True)
    amount = MoneyField(null=True)
    data = JSONTextField(null=True)


FIELDS = tuple(Sample._meta.sorted_fields[1:])
INSERT = Statement(lambda: Sample.insert(params(*FIELDS)).returning(Sample.id), record=int)


def as_text(*columns: Any) -> tuple[Any, ...]:
    """A row whose JSON is text again: statements pass it on as `Raw`, which Peewee does not know."""
    return tuple(bytes(value).decode() if isinstance(value, msgspec.Raw) else value for value in columns)


EVERY = Statement(lambda: Sample.select(*FIELDS).order_by(Sample.id), record=as_text)
ONE = Statement(lambda: Sample.select(*FIELDS).where(Sample.id == Param("id")), record=as_text)
UPDATE = Command(lambda: Sample.update(params(*FIELDS)).where(Sample.id == Param("id")))
CLEAR = Command(lambda: Sample.delete())

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ROWS = st.fixed_dictionaries(
    {
        "name": TEXT,
        "number": st.none() | st.integers(-(2**63), 2**63 - 1),
        "ratio": st.none() | st.floats(allow_nan=False),
        "flag": st.none() | st.booleans(),
        "moment": st.none()
        | st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)  # noqa: DTZ001
        | st.datetimes(timezones=st.just(UTC)),
        "day": st.none() | st.dates(),
        "amount": st.none() | st.decimals(-99999999, 99999999, places=2),
        "data": st.none() | TEXT,
    }
)


@pytest.fixture
def db(tripkit: Tripkit) -> Iterator[Engine]:
    with tripkit.db.database.bind_ctx([Sample]):
        Sample.create_table()
        yield tripkit.db
        Sample.drop_table()


def values(of: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(of[field.name] for field in FIELDS)


def plain() -> list[tuple[Any, ...]]:
    """All rows, as Peewee reads them."""
    return list(Sample.select(*FIELDS).order_by(Sample.id).tuples())


def stored(db: Engine) -> list[tuple[Any, ...]]:
    """All rows, as the driver has them."""
    names = ", ".join(field.column_name for field in FIELDS)
    return list(db.execute(f"SELECT {names} FROM sample ORDER BY id"))


@given(first=ROWS, second=ROWS)
def test_inserts_updates_and_reads_are_those_of_plain_peewee(db: Engine, first: Any, second: Any) -> None:
    def write() -> None:
        CLEAR.run(db)
        number = INSERT.one(db, **first)
        Sample.insert(first).execute()
        by_statement, by_peewee = stored(db)
        assert by_statement == by_peewee
        assert EVERY.all(db) == plain() == [values(first)] * 2

        assert UPDATE.run(db, id=number, **second) == 1
        Sample.update(second).where(Sample.id == number + 1).execute()
        by_statement, by_peewee = stored(db)
        assert by_statement == by_peewee
        assert ONE.one(db, id=number) == values(second)

    db.unit(write)


COMPARISONS = {
    (field.name, compare): Statement(
        lambda field=field, compare=compare: (
            Sample.select(Sample.id).where(compare(field, Param("value"))).order_by(Sample.id)
        ),
        record=int,
    )
    for field in FIELDS
    if field.name not in ("amount", "ratio")  # money is never compared in the database, floats need not be exact
    for compare in (operator.eq, operator.ge, operator.lt)
}


@given(rows=st.lists(ROWS, min_size=1, max_size=5), name=st.sampled_from(sorted({name for name, _ in COMPARISONS})))
def test_conditions_select_what_they_select_in_plain_peewee(db: Engine, rows: list[Any], name: str) -> None:
    def compare_all() -> None:
        CLEAR.run(db)
        for values in rows:
            INSERT.one(db, **values)
        for value in [values[name] for values in rows if values[name] is not None]:
            for compare in (operator.eq, operator.ge, operator.lt):
                query = Sample.select(Sample.id).where(compare(getattr(Sample, name), value)).order_by(Sample.id)
                expected = [number for (number,) in query.tuples()]
                assert COMPARISONS[name, compare].all(db, value=value) == expected

    db.unit(compare_all)


@given(moments=st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)))  # noqa: DTZ001
def test_instants_sort_in_the_database_as_the_moments_do(db: Engine, moments: list[datetime]) -> None:
    ordered = Statement(lambda: Sample.select(Sample.moment).order_by(Sample.moment), record=lambda moment: moment)

    def write() -> list[datetime]:
        CLEAR.run(db)
        for moment in moments:
            INSERT.one(db, **dict.fromkeys(field.name for field in FIELDS) | {"name": "", "moment": moment})
        return ordered.all(db)

    assert db.unit(write) == sorted(moments)


def sample(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(field.name for field in FIELDS) | {"name": "x"} | values


def test_values_come_back_as_the_types_they_were(db: Engine) -> None:
    moment = datetime(2027, 4, 1, 0, 0, 0, 1, tzinfo=timezone(timedelta(hours=9)))
    INSERT.one(db, **sample(moment=moment, day=date(2027, 4, 1), amount=Decimal("0.10"), flag=True))
    [(_, number, ratio, flag, read, day, amount, data)] = EVERY.all(db)
    assert (number, ratio, data) == (None, None, None)
    assert flag is True
    assert read == moment
    assert read.utcoffset() == timedelta(0)
    assert type(day) is date
    assert str(amount) == "0.10"


def test_one_gives_the_first_row_or_none(db: Engine) -> None:
    for name in "ab":
        INSERT.one(db, **sample(name=name))
    names = Statement(lambda: Sample.select(Sample.name).order_by(Sample.name.desc()), record=str)
    assert names.one(db) == "b"
    assert ONE.one(db, id=-1) is None


def test_each_gives_the_rows_one_by_one_and_may_be_left_early(db: Engine) -> None:
    for name in "abc":
        INSERT.one(db, **sample(name=name))
    names = Statement(lambda: Sample.select(Sample.name).order_by(Sample.name), record=str)
    found = names.each(db)
    assert next(found) == "a"
    found.close()
    assert CLEAR.run(db) == 3, "the cursor that was left holds nothing back"
    assert list(names.each(db)) == []


def test_run_tells_how_many_rows_were_changed(db: Engine) -> None:
    number = INSERT.one(db, **sample())
    assert UPDATE.run(db, id=number, **sample(name="y")) == 1
    assert UPDATE.run(db, id=-1, **sample(name="z")) == 0


def test_one_parameter_may_stand_in_several_places_among_constants(db: Engine) -> None:
    for number in range(5):
        INSERT.one(db, **sample(number=number, day=date(2027, 4, 1 + number)))
    query = Statement(
        lambda: (
            Sample.select(Sample.number)
            .where(
                (Sample.day > date(2027, 4, 1))
                & (Sample.number >= Param("least"))
                & (Sample.number != Param("least") + 1)
                & (Sample.name == "x")
            )
            .order_by(Sample.number)
            .limit(Param("limit"))
        ),
        record=int,
    )
    assert query.all(db, limit=2, least=1) == [1, 3]
    assert query.all(db, limit=2, least=3) == [3]


def test_the_default_of_a_column_is_not_a_constant_of_the_statement(db: Engine) -> None:
    insert = Command(lambda: Sample.insert({Sample.name: Param("name")}))
    insert.run(db, name="a")
    insert.run(db, name="b")
    assert [found[0] for found in EVERY.all(db)] == ["a", "b"]


def test_a_missing_parameter_is_named(db: Engine) -> None:
    with pytest.raises(KeyError, match="id"):
        ONE.one(db, number=1)


def test_values_are_never_part_of_the_sql(db: Engine) -> None:
    hostile = "x'; DROP TABLE sample; --"
    INSERT.one(db, **sample(name=hostile))
    assert EVERY.all(db)[0][0] == hostile
    assert hostile not in INSERT.sql(db)


INSERT_MANY = Command(lambda: Sample.insert(params(*FIELDS)))


@given(rows=st.lists(ROWS, max_size=5))
def test_many_rows_in_one_go_are_those_that_are_written_one_by_one(db: Engine, rows: list[Any]) -> None:
    def write() -> None:
        CLEAR.run(db)
        for each in rows:
            INSERT.one(db, **each)
        one_by_one = stored(db)
        CLEAR.run(db)
        INSERT_MANY.run_many(db, rows)
        assert stored(db) == one_by_one

    db.unit(write)


def test_many_rows_are_all_undone_with_their_unit_and_refused_like_one(tripkit: Tripkit, make_user: Any) -> None:

    many = Command(
        lambda: PlanSettings.insert(params(PlanSettings.plan, PlanSettings.rates, PlanSettings.ignored_checks))
    )
    plan = tripkit.plans.create(make_user("ada"), PlanIn(title="T", destination="D"))
    rows = [{"plan": number, "rates": "[]", "ignored_checks": "[]"} for number in (plan.id, plan.id + 1)]
    with pytest.raises(Conflict, match="deleted meanwhile"):
        tripkit.db.unit(lambda: many.run_many(tripkit.db, rows))
    assert tripkit.db.execute("SELECT count(*) FROM plan_settings").fetchone() == (0,)
