"""The gallery: what is in it, what of a plan is shown, pages, and how much work a stranger can cause."""

import itertools
import operator
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from tripkit.bootstrap import Tripkit
from tripkit.config import Settings
from tripkit.database import PostgresEngine, Statement
from tripkit.errors import Forbidden, Malformed, NotFound, ValidationFailed
from tripkit.schemas.gallery import GalleryPage, GalleryPlan, GalleryQuery
from tripkit.schemas.items import ItemIn, Place
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPatch, PlanQuery
from tripkit.schemas.users import Actor, UserPatch
from tripkit.services import gallery
from tripkit.services.gallery import EXAMINED
from tripkit.services.item_places import complete
from tripkit.services.policy import OPERATOR

from ..conftest import on_sqlite

Publish = Callable[..., PlanOut]


@pytest.fixture
def publish(make_plan: Callable[..., PlanOut], clock: Any) -> Publish:
    """`publish(ada, title="Kyoto")`; each is newer than the one before."""

    def make(actor: Actor, **fields: Any) -> PlanOut:
        clock.advance(seconds=1)
        return make_plan(actor, **({"status": "published"} | fields))

    return make


@pytest.fixture
def crowd(tripkit: Tripkit, publish: Publish) -> Callable[..., None]:
    """`crowd(bob, 1000)`: so many published plans."""

    def make(actor: Actor, count: int) -> None:
        tripkit.db.unit(lambda: [publish(actor, title=f"Plan {number}") for number in range(count)])

    return make


def pages(tripkit: Tripkit, **query: Any) -> list[GalleryPage]:
    """Every page, one after the other."""
    found = [tripkit.gallery.page(GalleryQuery(**query))]
    while (cursor := found[-1].cursor) is not None:
        found.append(tripkit.gallery.page(GalleryQuery(**(query | {"cursor": cursor}))))
    return found


def shown(tripkit: Tripkit, **query: Any) -> list[int]:
    """The numbers of all plans of the gallery, in order."""
    return [plan.id for page in pages(tripkit, **query) for plan in page.results]


def is_shown(tripkit: Tripkit, plan: PlanOut) -> bool:
    """Whether a plan is in the gallery: alone and in the list alike."""
    listed = plan.id in shown(tripkit)
    try:
        found = tripkit.gallery.get(plan.id).id == plan.id
    except NotFound:
        found = False
    assert found == listed
    return found


# --- what is shown --------------------------------------------------------------------------------------------------


def test_a_published_plan_is_shown_without_its_budget(tripkit: Tripkit, ada: Actor, publish: Publish) -> None:
    plan = publish(
        ada,
        title="Kyoto in April",
        destination="Kyoto, Japan",
        description="Blossoms",
        start_date=date(2027, 4, 1),
        end_date=date(2027, 4, 14),
        budget=Decimal("1250.00"),
        currency="JPY",
        plan_data=Raw(b'{"z": 1.0}'),
        tags=["spring"],
        timezone="Asia/Tokyo",
    )
    [listed] = tripkit.gallery.page(GalleryQuery()).results
    assert listed == GalleryPlan(
        id=plan.id,
        user="ada",
        title="Kyoto in April",
        destination="Kyoto, Japan",
        description="Blossoms",
        start_date=date(2027, 4, 1),
        end_date=date(2027, 4, 14),
        tags=["spring"],
        timezone="Asia/Tokyo",
        version=1,
        updated_at=plan.updated_at,
    )
    found = tripkit.gallery.get(plan.id)
    assert {name: getattr(found, name) for name in GalleryPlan.__struct_fields__} == msgspec.structs.asdict(listed)
    assert (found.redactions, found.totals, found.plan_data, found.days) == (["costs", "references"], None, None, [])
    for secret in (b"budget", b"1250", b"currency", b"JPY", b"@", b"email", b"owner", b"status"):
        assert secret not in msgspec.json.encode(found)


def test_the_items_of_a_published_plan_are_shown_without_costs_and_references(
    tripkit: Tripkit, ada: Actor, publish: Publish
) -> None:
    plan = publish(ada, start_date=date(2027, 4, 1))
    form = ItemIn(
        title="Ryokan", notes="Ask for tea", start="2027-04-02", cost=Decimal("731.50"), booking_reference="QX7F2K"
    )
    tripkit.items.create(ada, plan.id, complete(form))
    found = tripkit.gallery.get(plan.id)
    [day] = found.days
    assert (day.number, day.items[0].title, day.items[0].notes) == (2, "Ryokan", "Ask for tea")
    for secret in (b"731", b"EUR", b"QX7F2K"):
        assert secret not in msgspec.json.encode(found)


def test_only_what_is_published_is_shown(tripkit: Tripkit, ada: Actor, publish: Publish) -> None:
    plan = publish(ada)
    assert is_shown(tripkit, plan)
    for status in ("draft", "archived"):
        assert not is_shown(tripkit, publish(ada, status=status))
        tripkit.plans.edit(ada, plan.id, PlanPatch(status=status))
        assert not is_shown(tripkit, plan)
        tripkit.plans.edit(ada, plan.id, PlanPatch(status="published"))
        assert is_shown(tripkit, plan)


def test_a_plan_in_the_trash_is_not_shown_until_it_is_restored(tripkit: Tripkit, ada: Actor, publish: Publish) -> None:
    plan = publish(ada)
    tripkit.plans.trash(ada, plan.id)
    assert not is_shown(tripkit, plan)
    tripkit.plans.restore(ada, plan.id)
    assert is_shown(tripkit, plan)


def test_the_plans_of_a_disabled_account_vanish_and_come_back_with_it(
    tripkit: Tripkit, ada: Actor, bob: Actor, publish: Publish
) -> None:
    hers, his = publish(ada), publish(bob)
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
    assert not is_shown(tripkit, hers)
    assert is_shown(tripkit, his)
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=True)
    assert is_shown(tripkit, hers)


def test_the_plans_of_a_deleted_account_are_gone(tripkit: Tripkit, ada: Actor, bob: Actor, publish: Publish) -> None:
    hers, his = publish(ada), publish(bob)
    tripkit.administration.delete(OPERATOR, ada.user_id)
    assert not is_shown(tripkit, hers)
    assert shown(tripkit) == [his.id]


def test_what_is_not_shown_looks_like_what_does_not_exist(tripkit: Tripkit, ada: Actor, publish: Publish) -> None:
    draft = publish(ada, status="draft")
    disabled = publish(ada)
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
    messages = set()
    for plan_id in (draft.id, disabled.id, disabled.id + 1, 2**63 - 1):
        with pytest.raises(NotFound) as refused:
            tripkit.gallery.get(plan_id)
        messages.add(str(refused.value).replace(str(plan_id), "N"))
    assert messages == {"There is no plan N."}


def test_a_new_username_is_shown_at_once(tripkit: Tripkit, ada: Actor, publish: Publish) -> None:
    plan = publish(ada)
    tripkit.accounts.edit(ada, UserPatch(username="countess"))
    assert tripkit.gallery.get(plan.id).user == "countess"


# --- lists ----------------------------------------------------------------------------------------------------------


def test_the_last_changed_come_first_whoever_owns_them(
    tripkit: Tripkit, ada: Actor, bob: Actor, publish: Publish, clock: Any
) -> None:
    first, second, third = publish(ada), publish(bob), publish(ada)
    assert shown(tripkit) == [third.id, second.id, first.id]
    clock.advance(seconds=1)
    tripkit.plans.edit(ada, first.id, PlanPatch(title="Again"))
    assert shown(tripkit) == [first.id, third.id, second.id]


def test_plans_are_filtered_by_a_whole_tag(tripkit: Tripkit, ada: Actor, bob: Actor, publish: Publish) -> None:
    beach = publish(ada, tags=["sea", "sun"])
    desert = publish(bob, tags=["sun"])
    publish(ada, tags=["sea"], status="draft")
    assert shown(tripkit, tag="sun") == [desert.id, beach.id]
    assert shown(tripkit, tag="sea") == [beach.id]
    for tag in ("se", "Sea", "[", "sea sun", "%"):
        assert shown(tripkit, tag=tag) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_the_pages_one_after_the_other_are_the_whole_gallery(
    tripkit: Tripkit, ada: Actor, bob: Actor, publish: Publish, make_plan: Any, limit: int
) -> None:
    made = [publish(who).id for who in (ada, bob, ada)]
    made += [make_plan(ada, status="published").id for _ in range(4)]  # at the same moment
    found = pages(tripkit, limit=limit)
    assert [plan.id for page in found for plan in page.results] == made[::-1]
    assert all(0 < len(page.results) <= limit for page in found)


def test_an_empty_gallery_is_one_empty_page(tripkit: Tripkit) -> None:
    assert pages(tripkit) == pages(tripkit, tag="sea") == [GalleryPage([], None)]


def test_what_is_published_or_hidden_between_two_pages_repeats_and_skips_nothing(
    tripkit: Tripkit, ada: Actor, publish: Publish, clock: Any
) -> None:
    made = [publish(ada).id for _ in range(6)]
    first = tripkit.gallery.page(GalleryQuery(limit=2))
    publish(ada)
    clock.advance(seconds=1)
    tripkit.plans.edit(ada, made[5], PlanPatch(title="Moved to the top"))
    tripkit.plans.edit(ada, made[4], PlanPatch(status="draft"))
    tripkit.plans.edit(ada, made[2], PlanPatch(status="draft"))
    assert shown(tripkit, limit=2, cursor=first.cursor) == [made[3], made[1], made[0]]


def shown_while_it_changes(tripkit: Tripkit) -> list[list[int]]:
    return [shown(tripkit, limit=3) for _ in range(10)]


def test_pages_are_whole_while_others_publish_and_hide(
    tripkit: Tripkit, ada: Actor, publish: Publish, in_threads: Any
) -> None:
    kept = [publish(ada).id for _ in range(10)][::-1]
    toggled = publish(ada).id

    def publish_and_hide() -> None:
        for _ in range(15):
            publish(ada)
            tripkit.plans.edit(ada, toggled, PlanPatch(status="draft"))
            tripkit.plans.edit(ada, toggled, PlanPatch(status="published"))

    work = iter([publish_and_hide, publish_and_hide, *[lambda: shown_while_it_changes(tripkit)] * 3])
    outcomes = in_threads(5, lambda: next(work)(), tripkit)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    for seen in (seen for readings in outcomes if readings for seen in readings):
        assert len(set(seen)) == len(seen), "no plan comes twice"
        assert [plan_id for plan_id in seen if plan_id in kept] == kept, "none is skipped"


# --- filters --------------------------------------------------------------------------------------------------------


@pytest.fixture
def trips(publish: Publish, ada: Actor, tripkit: Tripkit) -> dict[str, int]:
    """Published plans by their titles."""
    made = {
        "Málaga": publish(ada, title="Málaga in winter", destination="Spain"),
        "Kyoto": publish(
            ada, title="Kyoto", destination="Kansai", start_date=date(2027, 4, 1), end_date=date(2027, 4, 14)
        ),
        "New Year": publish(
            ada, title="New Year", destination="Porto", start_date=date(2027, 12, 30), end_date=date(2028, 1, 2)
        ),
        "Sabbatical": publish(
            ada, title="Sabbatical", destination="World", start_date=date(2027, 6, 1), end_date=date(2029, 6, 1)
        ),
        "A day": publish(ada, title="A day", destination="Home", start_date=date(2027, 7, 1)),
    }

    def add(title: str, country: str, **fields: Any) -> int:
        form = ItemIn(title="x", place=Place("somewhere", country=country), **fields)
        return tripkit.items.create(ada, made[title].id, complete(form)).id

    add("Kyoto", "JP", kind="lodging")
    add("Kyoto", "DE", kind="flight")
    tripkit.items.trash(ada, made["Kyoto"].id, add("Kyoto", "KR"))
    add("New Year", "PT")
    return {title: plan.id for title, plan in made.items()}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"q": "malaga"}, ["Málaga"]),
        ({"q": "KANSAI  kyo"}, ["Kyoto"]),
        ({"q": "kyoto spain"}, []),
        ({"q": "!"}, []),
        ({"country": "jp"}, ["Kyoto"]),
        ({"country": "ES"}, ["Málaga"]),  # by the name of the destination
        ({"country": "DE"}, []),  # a flight begins there
        ({"country": "KR"}, []),  # it is in the trash
        ({"min_days": 4, "max_days": 14}, ["Kyoto", "New Year"]),
        ({"max_days": 4}, ["New Year"]),
        ({"min_days": 15}, ["Sabbatical"]),
        ({"month": 1}, ["New Year", "Sabbatical"]),
        ({"month": 4}, ["Kyoto", "Sabbatical"]),
        ({"season": "winter"}, ["New Year", "Sabbatical"]),
        ({"season": "summer"}, ["Sabbatical", "A day"]),
        ({"season": "summer", "q": "day"}, ["A day"]),
        ({"month": 12, "country": "PT", "min_days": 4, "q": "year"}, ["New Year"]),
    ],
)
def test_plans_are_found_by_what_people_look_for(
    tripkit: Tripkit, trips: dict[str, int], query: dict[str, Any], titles: list[str]
) -> None:
    found = set(shown(tripkit, **query))
    assert {title for title, plan_id in trips.items() if plan_id in found} == set(titles)
    assert len(found) == len(titles)


def test_pages_of_a_search_follow_each_other(tripkit: Tripkit, ada: Actor, publish: Publish) -> None:
    made = [publish(ada, title=f"Trip {number % 2}").id for number in range(10)]
    found = pages(tripkit, q="trip 1", limit=2)
    assert [len(page.results) for page in found] == [2, 2, 1]
    assert [plan.id for page in found for plan in page.results] == made[1::2][::-1]


@pytest.mark.parametrize(
    ("query", "field"), [({"country": "XX"}, "country"), ({"min_days": 3, "max_days": 2}, "max_days")]
)
def test_what_cannot_be_looked_for_is_refused(tripkit: Tripkit, query: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        tripkit.gallery.page(GalleryQuery(**query))
    assert list(refused.value.errors) == [field]


# --- without a gallery ----------------------------------------------------------------------------------------------


def test_without_a_gallery_nothing_is_shown_or_published(
    tripkit: Tripkit, ada: Actor, publish: Publish, settings: Settings, clock: Any
) -> None:
    plan = publish(ada)
    draft = publish(ada, status="draft")
    without = msgspec.structs.replace(settings, plans=msgspec.structs.replace(settings.plans, gallery=False))
    closed = Tripkit(without, tripkit.db, clock)
    for read in (lambda: closed.gallery.page(GalleryQuery()), lambda: closed.gallery.get(plan.id)):
        with pytest.raises(NotFound):
            read()
    for write in (
        lambda: closed.plans.create(ada, PlanIn(title="T", destination="D", status="published")),
        lambda: closed.plans.edit(ada, draft.id, PlanPatch(status="published")),
    ):
        with pytest.raises(Forbidden, match=r"plans\.gallery"):
            write()
    # What was published before can be changed, and hidden.
    assert closed.plans.edit(ada, plan.id, PlanPatch(title="Nara")).status == "published"
    assert closed.plans.edit(ada, plan.id, PlanPatch(status="draft")).status == "draft"


# --- cursors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cursor(tripkit: Tripkit, ada: Actor, publish: Publish) -> str:
    """From the first of two pages."""
    publish(ada)
    publish(ada)
    found = tripkit.gallery.page(GalleryQuery(limit=1)).cursor
    assert found
    return found


@pytest.mark.parametrize("change", [operator.itemgetter(slice(-1)), str.swapcase, lambda cursor: cursor + "A"])
def test_a_cursor_that_was_altered_is_refused(tripkit: Tripkit, cursor: str, change: Any) -> None:
    with pytest.raises(Malformed):
        tripkit.gallery.page(GalleryQuery(cursor=change(cursor)))


def test_a_cursor_of_another_list_is_refused(tripkit: Tripkit, ada: Actor, cursor: str) -> None:
    own = tripkit.plans.page(ada, PlanQuery(limit=1)).cursor
    with pytest.raises(Malformed):
        tripkit.gallery.page(GalleryQuery(cursor=own))
    with pytest.raises(Malformed):
        tripkit.plans.page(ada, PlanQuery(cursor=cursor))


# --- how much work it is --------------------------------------------------------------------------------------------


def test_plans_behind_many_that_are_not_shown_are_found_page_by_page(
    tripkit: Tripkit, ada: Actor, bob: Actor, publish: Publish, crowd: Any
) -> None:
    wanted = publish(ada, tags=["sea"])
    crowd(bob, EXAMINED)
    first, second = pages(tripkit, tag="sea")
    assert (first.results, [plan.id for plan in second.results]) == ([], [wanted.id])
    tripkit.administration.set_active(OPERATOR, bob.user_id, active=False)
    first, second = pages(tripkit)
    assert (first.results, [plan.id for plan in second.results]) == ([], [wanted.id])


@on_sqlite
@pytest.mark.parametrize("query", [{}, {"tag": "nowhere"}, {"q": "nowhere", "country": "JP"}], ids=str)
@pytest.mark.parametrize("active", [True, False])
def test_a_page_is_as_much_work_whatever_number_of_plans_there_are(
    tripkit: Tripkit, bob: Actor, crowd: Any, query: dict[str, Any], active: bool
) -> None:
    def work() -> int:
        """Instructions of SQLite's machine, in tens."""
        done = []
        tripkit.db.database.connection().set_progress_handler(lambda: done.append(1), 10)
        tripkit.gallery.page(GalleryQuery(**query))
        tripkit.db.database.connection().set_progress_handler(None, 0)
        return len(done)

    tripkit.administration.set_active(OPERATOR, bob.user_id, active=active)
    crowd(bob, EXAMINED)
    some = work()
    crowd(bob, 3 * EXAMINED)
    assert some > 100
    assert work() < some * 1.05


STATEMENTS = [gallery.page_statement(tag=tag, country=country) for tag in (False, True) for country in (False, True)]


@pytest.mark.parametrize("statement", [gallery.HORIZON, *STATEMENTS])
def test_the_index_serves_the_gallery_in_its_order(
    tripkit: Tripkit, ada: Actor, publish: Publish, statement: Statement[Any]
) -> None:
    publish(ada)
    sql = statement.sql(tripkit.db)
    # The values are not known when the plan is made, as for a statement that was prepared.
    if isinstance(tripkit.db, PostgresEngine):
        numbers = itertools.count(1)
        for other in ("seqscan", "bitmapscan", "sort"):  # they may be quicker for tables as small as this one
            tripkit.db.execute(f"SET enable_{other} = off")
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", sql)
        steps = tripkit.db.execute(f"EXPLAIN (GENERIC_PLAN) {numbered}").fetchall()
    else:
        steps = tripkit.db.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
    plan = " ".join(str(step[-1]) for step in steps)
    assert "plans_published" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
