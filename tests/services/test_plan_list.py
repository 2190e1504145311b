"""The list of plans: filters, orders and pages."""

import operator
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tripkit.bootstrap import Tripkit
from tripkit.database import PostgresEngine
from tripkit.errors import Malformed, ValidationFailed
from tripkit.schemas.items import ItemIn, Place
from tripkit.schemas.plans import Ordering, PlanOut, PlanPatch, PlanQuery
from tripkit.schemas.users import Actor
from tripkit.services import parts, validation
from tripkit.services.item_places import complete
from tripkit.services.pages import PAGE_CHARACTERS

ORDERINGS = get_args(Ordering)
MakePlan = Callable[..., PlanOut]


@pytest.fixture
def titles(tripkit: Tripkit, ada: Actor) -> Callable[..., list[str]]:
    """The titles of Ada's plans for a query."""

    def found(**query: Any) -> list[str]:
        return [plan.title for plan in tripkit.plans.page(ada, PlanQuery(**query)).results]

    return found


def all_pages(tripkit: Tripkit, actor: Actor, query: PlanQuery) -> list[PlanOut]:
    """Every page, one after the other."""
    found: list[PlanOut] = []
    while True:
        page = tripkit.plans.page(actor, query)
        assert len(page.results) <= query.limit
        found += page.results
        assert len({plan.id for plan in found}) == len(found), "no plan comes twice"
        if page.cursor is None:
            return found
        assert page.results
        query = msgspec.structs.replace(query, cursor=page.cursor)


def test_there_are_no_plans_at_first(tripkit: Tripkit, ada: Actor) -> None:
    page = tripkit.plans.page(ada, PlanQuery())
    assert (page.results, page.cursor) == ([], None)


def test_a_list_shows_the_plans_as_they_are_read_alone(tripkit: Tripkit, ada: Actor, make_plan: MakePlan) -> None:
    made = [
        make_plan(
            ada, budget=Decimal("12.50"), tags=["a", "b"], plan_data=Raw(b'{"z": 1.0}'), start_date=date(2027, 4, 1)
        ),
        make_plan(ada),
    ]
    expected = [tripkit.plans.get(ada, plan.id) for plan in made]
    assert tripkit.plans.page(ada, PlanQuery(ordering="created_at")).results == expected


def test_nobody_sees_the_plans_of_somebody_else(tripkit: Tripkit, ada: Actor, bob: Actor, make_plan: MakePlan) -> None:
    make_plan(ada, title="Ada's")
    make_plan(bob, title="Bob's")
    assert [plan.title for plan in tripkit.plans.page(bob, PlanQuery()).results] == ["Bob's"]


# --- filters --------------------------------------------------------------------------------------------------------


def test_plans_are_filtered_by_country(
    tripkit: Tripkit, titles: Any, ada: Actor, bob: Actor, make_plan: MakePlan
) -> None:
    def add(plan: PlanOut, **fields: Any) -> int:
        return tripkit.items.create(ada, plan.id, complete(ItemIn(title="x", **fields))).id

    make_plan(ada, title="there", destination="Kyoto, Japan")
    fly = make_plan(ada, title="to there", destination="Wherever it is warm")
    add(fly, kind="flight", place=Place(name="LHR"), end_place=Place(name="NRT"))
    around = make_plan(ada, title="around", destination="Round the world")
    tea = add(around, place=Place(name="Kyoto"))
    make_plan(ada, title="elsewhere", destination="Lisbon")
    make_plan(bob, title="Bob's", destination="Osaka")
    assert set(titles(country="JP")) == {"there", "to there", "around"}
    assert set(titles(country="gb")) == {"to there"}
    assert titles(country="FR") == []
    tripkit.items.trash(ada, around.id, tea)
    assert set(titles(country="JP")) == {"there", "to there"}
    tripkit.plans.edit(ada, fly.id, PlanPatch(destination="Porto"))
    assert set(titles(country="PT")) == {"to there", "elsewhere"}
    assert titles(country="PT", status="published") == []
    for wrong in ("XX", "J", "日本", ""):
        with pytest.raises(ValidationFailed, match="must be an ISO 3166-1 code such as JP"):
            titles(country=wrong)


def test_a_destination_that_is_put_back_is_found_by_its_country(
    tripkit: Tripkit, titles: Any, ada: Actor, make_plan: MakePlan
) -> None:
    """As undoing a change does."""
    plan = make_plan(ada, title="it", destination="Kyoto")

    def put_back() -> None:
        known = tripkit.plans.to_write(ada, plan.id)
        was = parts.PLAN.rows(tripkit.db, plan.id, plan.id)
        tripkit.db.execute("UPDATE plans SET destination = 'Porto'")
        tripkit.plans.touch(ada, known, "history.undo", was)

    tripkit.db.unit(put_back)
    assert (titles(country="PT"), titles(country="JP")) == (["it"], [])


def test_plans_of_a_country_are_found_by_an_index(tripkit: Tripkit, titles: Any) -> None:
    assert titles(country="JP") == []
    explain = "EXPLAIN" if isinstance(tripkit.db, PostgresEngine) else "EXPLAIN QUERY PLAN"
    if explain == "EXPLAIN":
        tripkit.db.execute("SET enable_seqscan = off")  # it is quickest for tables as small as these
    indexes = {"place_country": "items_country", "end_place_country": "items_end_place_country"}
    for column, index in indexes.items():
        steps = tripkit.db.execute(
            f"{explain} SELECT id FROM plans WHERE EXISTS (SELECT 1 FROM items "
            f"WHERE items.plan_id = plans.id AND items.trashed_at IS NULL AND items.{column} = 'JP')"
        ).fetchall()
        assert index in " ".join(str(step[-1]) for step in steps)


def test_plans_are_filtered_by_status(titles: Any, ada: Actor, make_plan: MakePlan) -> None:
    for status in ("draft", "published", "archived"):
        make_plan(ada, title=status, status=status)
    for status in ("draft", "published", "archived"):
        assert titles(status=status) == [status]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("sea", ["beach"]),
        ("sun", ["beach", "desert"]),
        ("se", []),
        ("ea", []),
        ("Sea", []),
        ("日本", ["Kyoto"]),
        ("100%", ["Kyoto"]),
        ("[", []),
        ("sea sun", []),
        ("a/b", ["Kyoto"]),
    ],
)
def test_plans_are_filtered_by_a_whole_tag(
    titles: Any, ada: Actor, make_plan: MakePlan, tag: str, expected: list[str]
) -> None:
    make_plan(ada, title="beach", tags=["sea", "sun"])
    make_plan(ada, title="desert", tags=["sun"])
    make_plan(ada, title="Kyoto", tags=["日本", "100%", "a/b"])
    make_plan(ada, title="none")
    assert titles(tag=tag, ordering="created_at") == expected


@pytest.mark.parametrize("tag", ["", ",", '"', "\\", "x" * 51])
def test_what_no_tag_can_be_is_no_filter(tag: str) -> None:
    with pytest.raises(validation.ValidationFailed) as failed:
        validation.convert(PlanQuery, {"tag": tag}, text=True)
    assert failed.value.errors.keys() == {"tag"}


def test_plans_are_filtered_by_when_they_are_on(titles: Any, ada: Actor, make_plan: MakePlan) -> None:
    april = {day: date(2027, 4, day) for day in range(1, 31)}
    make_plan(ada, title="early", start_date=april[1], end_date=april[10])
    make_plan(ada, title="late", start_date=april[20], end_date=april[30])
    make_plan(ada, title="day", start_date=april[10])
    make_plan(ada, title="some day")

    def found(**query: Any) -> list[str]:
        return sorted(titles(**query))

    assert found(from_=april[10]) == ["day", "early", "late"]
    assert found(from_=april[11]) == ["late"]
    assert found(to=april[10]) == ["day", "early"]
    assert found(to=april[9]) == ["early"]
    assert found(from_=april[10], to=april[20]) == ["day", "early", "late"]
    assert found(from_=april[11], to=april[19]) == []
    with pytest.raises(ValidationFailed, match="to: must not be before from"):
        found(from_=april[11], to=april[10])


def test_filters_are_combined(titles: Any, ada: Actor, make_plan: MakePlan) -> None:
    make_plan(ada, title="right", status="archived", tags=["x"], start_date=date(2027, 4, 1))
    make_plan(ada, title="tag", status="archived", start_date=date(2027, 4, 1))
    make_plan(ada, title="status", tags=["x"], start_date=date(2027, 4, 1))
    make_plan(ada, title="date", status="archived", tags=["x"])
    assert titles(status="archived", tag="x", to=date(2027, 4, 1)) == ["right"]


def test_the_trash_is_a_list_of_its_own(tripkit: Tripkit, titles: Any, ada: Actor, make_plan: MakePlan) -> None:
    make_plan(ada, title="kept")
    tripkit.plans.trash(ada, make_plan(ada, title="gone").id)
    assert titles() == ["kept"]
    assert titles(trashed=True) == ["gone"]


# --- orders ---------------------------------------------------------------------------------------------------------


def test_the_newest_change_comes_first(
    tripkit: Tripkit, titles: Any, ada: Actor, make_plan: MakePlan, clock: Any
) -> None:
    made = {}
    for title in "abc":
        made[title] = make_plan(ada, title=title)
        clock.advance(seconds=1)
    tripkit.plans.edit(ada, made["a"].id, PlanPatch(description="x"))
    assert titles() == ["a", "c", "b"]
    assert titles(ordering="-created_at") == ["c", "b", "a"]


def expected_order(plans: list[PlanOut], ordering: str) -> list[PlanOut]:
    """Sorted in Python: plans without a date as if at the end of time, ties by id."""
    name = ordering.lstrip("-")

    def key(plan: PlanOut) -> tuple[Any, int]:
        value = getattr(plan, name)
        return (date.max if value is None else value), plan.id

    return sorted(plans, key=key, reverse=ordering.startswith("-"))


SHAPES = st.tuples(
    st.text(st.sampled_from("aAbé京 '\"%_😀"), min_size=1, max_size=3).filter(str.strip),
    st.none() | st.dates(date(2027, 4, 1), date(2027, 4, 3)) | st.just(date.max),
    st.sampled_from([0, 0, 1]),
)


@given(shapes=st.lists(SHAPES, max_size=12), ordering=st.sampled_from(ORDERINGS), limit=st.integers(1, 5))
def test_the_pages_one_after_the_other_are_the_whole_sorted_list(
    tripkit: Tripkit, ada: Actor, make_plan: MakePlan, clock: Any, shapes: Any, ordering: Any, limit: int
) -> None:
    def compare() -> None:
        tripkit.db.execute("DELETE FROM plans")
        plans = []
        for title, start, seconds in shapes:
            clock.advance(seconds=seconds)
            plans.append(make_plan(ada, title=title, start_date=start))
        pages = all_pages(tripkit, ada, PlanQuery(ordering=ordering, limit=limit))
        assert pages == expected_order(plans, ordering)

    tripkit.db.unit(compare)


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_what_changes_between_two_pages_is_neither_repeated_nor_skipped(
    tripkit: Tripkit, ada: Actor, make_plan: MakePlan, clock: Any, ordering: Any
) -> None:
    plans = []
    for number in range(6):
        plans.append(make_plan(ada, title=f"plan {number}", start_date=date(2027, 4, 1) + timedelta(number)))
        clock.advance(seconds=1)
    first = tripkit.plans.page(ada, PlanQuery(ordering=ordering, limit=2))
    for plan in first.results:
        tripkit.plans.trash(ada, plan.id)
    rest = all_pages(tripkit, ada, PlanQuery(ordering=ordering, limit=2, cursor=first.cursor))
    assert [plan.id for plan in first.results + rest] == [plan.id for plan in expected_order(plans, ordering)]


@pytest.mark.parametrize("title", ["京" * 200, "😀" * 200, '"\\' * 100])
def test_a_cursor_to_the_longest_title_is_accepted(
    tripkit: Tripkit, ada: Actor, make_plan: MakePlan, title: str
) -> None:
    plans = [make_plan(ada, title=title) for _ in range(2)]
    cursor = tripkit.plans.page(ada, PlanQuery(ordering="title", limit=1)).cursor
    query = validation.convert(PlanQuery, {"ordering": "title", "limit": "1", "cursor": cursor}, text=True)
    assert [plan.id for plan in tripkit.plans.page(ada, query).results] == [plans[1].id]


# --- cursors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cursor(tripkit: Tripkit, ada: Actor, make_plan: MakePlan, clock: Any) -> str:
    """From the first of two pages of Ada's plans."""
    for title in "ab":
        make_plan(ada, title=title)
        clock.advance(seconds=1)
    found = tripkit.plans.page(ada, PlanQuery(limit=1)).cursor
    assert found
    return found


@pytest.mark.parametrize("change", [operator.itemgetter(slice(-1)), str.swapcase, lambda cursor: cursor + "A"])
def test_a_cursor_that_was_altered_is_refused(tripkit: Tripkit, ada: Actor, cursor: str, change: Any) -> None:
    with pytest.raises(Malformed):
        tripkit.plans.page(ada, PlanQuery(cursor=change(cursor)))


@pytest.mark.parametrize(
    "query", [{"ordering": ordering} for ordering in ORDERINGS[:1] + ORDERINGS[2:]] + [{"trashed": True}]
)
def test_a_cursor_of_another_list_is_refused(tripkit: Tripkit, ada: Actor, cursor: str, query: Any) -> None:
    with pytest.raises(Malformed):
        tripkit.plans.page(ada, PlanQuery(cursor=cursor, **query))


def test_the_cursor_of_somebody_else_shows_nothing_of_theirs(
    tripkit: Tripkit, bob: Actor, make_plan: MakePlan, cursor: str
) -> None:
    make_plan(bob, title="Bob's")
    assert {plan.user for plan in tripkit.plans.page(bob, PlanQuery(cursor=cursor)).results} <= {"bob"}


# --- large pages ----------------------------------------------------------------------------------------------------


def test_a_page_ends_early_when_it_is_large_and_the_next_one_goes_on(
    tripkit: Tripkit, ada: Actor, make_plan: MakePlan
) -> None:
    data = Raw(b'{"x":"' + b"x" * 250_000 + b'"}')
    plans = [make_plan(ada, plan_data=data, description="d" * 20_000) for _ in range(20)]
    first = tripkit.plans.page(ada, PlanQuery(limit=100))
    assert first.cursor is not None
    size = sum(len(bytes(plan.plan_data)) + len(plan.description) for plan in first.results)
    assert PAGE_CHARACTERS - 270_020 < size <= PAGE_CHARACTERS + 270_020
    assert len(all_pages(tripkit, ada, PlanQuery(limit=100))) == len(plans)
