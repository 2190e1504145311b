"""Searching: what is found, by whom, in which order, and whatever was written before."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.errors import Malformed, ValidationFailed
from tripkit.models import PlanMember, SearchDocument, SearchShelf
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut, ItemPatch, Place
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPatch
from tripkit.schemas.search import SearchHit, SearchQuery
from tripkit.schemas.users import Actor, PasswordIn
from tripkit.services import search, search_index, validation, words
from tripkit.services.item_places import Draft, complete

from ..conftest import SOAK, on_sqlite

Find = Callable[..., list[str]]
MakePlan = Callable[..., PlanOut]


@pytest.fixture
def hits(tripkit: Tripkit, ada: Actor) -> Callable[..., list[SearchHit]]:
    """`hits("kyoto", status="draft")`: what Ada finds, all pages of it."""

    def search(text: str, actor: Actor = ada, **filters: Any) -> list[SearchHit]:
        found: list[SearchHit] = []
        query: dict[str, Any] = {"q": text, **filters}
        while True:
            page = tripkit.search.page(actor, validation.convert(SearchQuery, query))
            found += page.results
            if page.cursor is None:
                return found
            query["cursor"] = page.cursor

    return search


@pytest.fixture
def find(hits: Callable[..., list[SearchHit]]) -> Find:
    """`find("kyoto")`: titles of the plans and items that Ada finds, in order."""

    def search(text: str, actor: Actor | None = None, **filters: Any) -> list[str]:
        by = (actor,) if actor else ()
        return [(hit.item or hit.plan).title for hit in hits(text, *by, **filters)]

    return search


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor) -> Callable[..., ItemOut]:
    """`add(plan, title="Tea")`: an item of Ada's."""

    def create(plan: PlanOut, **fields: Any) -> ItemOut:
        return tripkit.items.create(ada, plan.id, complete(ItemIn(**({"title": "Tea"} | fields))))

    return create


def documents(tripkit: Tripkit) -> int:
    """Documents in the index; each of them has its words, and there are no other words."""
    [(count,)] = tripkit.db.execute("SELECT COUNT(*) FROM search_documents").fetchall()
    [(of_words,)] = tripkit.db.execute("SELECT COUNT(*) FROM search_words").fetchall()
    assert count == of_words
    return int(count)


# --- what is found --------------------------------------------------------------------------------------------------


def test_words_are_found_in_every_text_of_a_plan(find: Find, make_plan: MakePlan, ada: Actor) -> None:
    make_plan(ada, title="Old alleys", destination="Kyoto", description="By night train.", tags=["spring", "with kids"])
    for text in ("alleys", "kyoto", "night", "spring", "kids old"):
        assert find(text) == ["Old alleys"], text
    for text in ("lisbon", "alleys lisbon", "lleys"):
        assert find(text) == [], text


def test_words_are_found_in_every_text_of_an_item(find: Find, make_plan: MakePlan, add: Any, ada: Actor) -> None:
    places = {"place": Place("LHR", "Hounslow"), "end_place": Place("NRT", "Narita")}
    fields = {"notes": "Window seat", "booking_reference": "QX7F2K"}
    add(make_plan(ada), title="Long flight", kind="flight", **places, **fields)
    for text in ("flight", "lhr", "hounslow", "narita", "window", "qx7f2k", "long seat"):
        assert find(text) == ["Long flight"], text


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Málaga–Łódź", "lodz malaga"),
        ("Malaga", "MÁL"),
        ("古い京都駅", "京都"),
        ("古い京都駅", "京"),
        ("東京タワー", "ﾀﾜｰ"),
        ("Xi'an", "xian"),
        ("O’Hare", "hare"),
        ("O’Hare", "o'hare"),
        ("Stoke-on-Trent", "stoke-on-trent"),
        ("Hội An", "hoi an"),
        ("🏖 Beach", "🏖"),
        ("A to Z", "a z"),
        ("NOT this OR that", "not OR"),
        ('The "NEAR" one', 'near("one")'),
        ("100% wool", "100%"),
        ("x: y & !z | w", "x:* !z"),
    ],
)
def test_words_are_found_as_people_write_them(
    find: Find, make_plan: MakePlan, ada: Actor, title: str, text: str
) -> None:
    make_plan(ada, title=title)
    assert find(text) == [title]


@pytest.mark.parametrize("text", ['"', "*", " ", "\t", "()", "-", "'", "\u200d", "&|!:*"])
def test_a_search_for_no_word_is_refused(tripkit: Tripkit, ada: Actor, text: str) -> None:
    with pytest.raises(ValidationFailed, match="q: must have a letter, a digit or a symbol"):
        tripkit.search.page(ada, SearchQuery(text))


@pytest.mark.parametrize(
    "text",
    ["x" * 101, "a b c d e f g h i j k l m n o p q r s t u", "".join(map(chr, range(0x4E00, 0x4E20))), "\x00", ""],
)
def test_a_search_that_cannot_be_meant_is_refused(tripkit: Tripkit, ada: Actor, text: str) -> None:
    with pytest.raises((ValidationFailed, Malformed)):
        tripkit.search.page(ada, validation.convert(SearchQuery, {"q": text}))


@pytest.mark.parametrize(
    "text", ["x" * 100, "a b c d e f g h i j k l m n o p q r s t", "ﷺ", "'; -- x", "a\\'b", "%_%s ?"]
)
def test_any_other_search_is_answered(find: Find, make_plan: MakePlan, ada: Actor, text: str) -> None:
    make_plan(ada, title=f"Is {text}")
    assert find(text) == [f"Is {text}"]


def test_best_come_first(find: Find, make_plan: MakePlan, add: Any, ada: Actor) -> None:
    plan = make_plan(ada, title="Trip", destination="Elsewhere")
    add(plan, title="notes", notes="tea")
    add(plan, title="place", place=Place("Tea"))
    add(plan, title="Teatime")
    add(plan, title="Tea")
    add(plan, title="Teahouse")
    add(plan, title="more notes", notes="Some tea.")
    assert find("tea") == ["Tea", "Teahouse", "Teatime", "place", "more notes", "notes"]


def test_a_hit_shows_the_plan_the_item_and_where_the_words_are(
    hits: Any, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    plan = make_plan(ada, title="Kyoto", start_date=date(2027, 4, 1))
    item = add(plan, title="Walk", notes=f"{'Far and wide. ' * 30}\nTo a *tea* house <b>\r\n{'And back. ' * 30}")
    [hit] = hits("house tea")
    assert (hit.plan.id, hit.plan.user, hit.plan.title, hit.plan.start_date) == (
        plan.id,
        "ada",
        "Kyoto",
        date(2027, 4, 1),
    )
    assert (hit.item.id, hit.item.title, hit.field) == (item.id, "Walk", "notes")
    assert [hit.snippet[mark.start : mark.end] for mark in hit.marks] == ["tea", "house"]
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    assert "To a *tea* house <b>  And back." in hit.snippet
    assert len(hit.snippet) < 200
    [hit] = hits("kyoto")
    assert (hit.item, hit.field, hit.snippet) == (None, "title", "Kyoto")


# --- filters --------------------------------------------------------------------------------------------------------


def test_filters_narrow_what_is_found(find: Find, make_plan: MakePlan, add: Any, ada: Actor) -> None:
    kyoto = make_plan(
        ada, title="Tea in Kyoto", start_date=date(2027, 4, 1), end_date=date(2027, 4, 9), tags=["spring"]
    )
    add(kyoto, title="Tea one", place=Place("Kyoto"), start="2027-04-03")
    add(kyoto, title="Tea two", kind="flight", end_place=Place("Kyoto"), start="2027-05-01", end="2027-05-02")
    make_plan(ada, title="Tea in Lisbon", destination="Lisbon", status="archived")
    everything = ["Tea in Lisbon", "Tea two", "Tea one", "Tea in Kyoto"]
    assert find("tea") == everything
    assert find("tea", status="archived") == ["Tea in Lisbon"]
    assert find("tea", tag="spring") == ["Tea two", "Tea one", "Tea in Kyoto"]
    assert find("tea", tag="autumn") == []
    assert find("tea", country="jp") == ["Tea two", "Tea one", "Tea in Kyoto"]
    assert find("tea", country="PT") == ["Tea in Lisbon"]
    assert find("tea", country="FR") == []
    assert find("tea", **{"from": date(2027, 4, 9)}) == ["Tea two", "Tea in Kyoto"]
    assert find("tea", to=date(2027, 4, 2)) == ["Tea in Kyoto"]
    assert find("tea", **{"from": date(2027, 4, 3)}, to=date(2027, 4, 3)) == ["Tea one", "Tea in Kyoto"]
    with pytest.raises(ValidationFailed, match=r"to: must not be before from \(2027-04-03\), as 2027-04-02 is"):
        find("tea", **{"from": date(2027, 4, 3)}, to=date(2027, 4, 2))
    with pytest.raises(ValidationFailed, match='country: must be an ISO 3166-1 code such as JP, not "XX"'):
        find("tea", country="XX")


def test_dates_are_those_of_an_item_and_else_of_its_plan(find: Find, make_plan: MakePlan, add: Any, ada: Actor) -> None:
    april = {day: date(2027, 4, day) for day in range(1, 31)}
    plan = make_plan(ada, title="Tea", start_date=april[5], end_date=april[9])
    add(plan, title="Tea undated")
    add(plan, title="Tea before", start="2027-04-02")
    add(plan, title="Tea long", start="2027-04-08", end="2027-04-20")
    make_plan(ada, title="Tea whenever")
    assert find("tea", **{"from": april[10]}) == ["Tea long"]
    assert find("tea", to=april[4]) == ["Tea before"]
    assert find("tea", **{"from": april[9]}, to=april[9]) == ["Tea long", "Tea undated", "Tea"]
    assert find("tea", **{"from": april[21]}) == []


def test_a_plan_is_found_by_the_country_of_its_destination_and_its_items_by_their_own(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    plan = make_plan(ada, title="Tea trip", destination="Kyoto, Japan")
    add(plan, title="Tea on the way", place=Place("Lisbon"))
    add(plan, title="Tea wherever")
    assert find("tea", country="JP") == ["Tea trip"]
    assert find("tea", country="PT") == ["Tea on the way", "Tea trip"]
    tripkit.plans.edit(ada, plan.id, PlanPatch(destination="Oslo"))
    assert (find("tea", country="JP"), find("tea", country="NO")) == ([], ["Tea trip"])


# --- who finds what -------------------------------------------------------------------------------------------------


def join(tripkit: Tripkit, plan: PlanOut, actor: Actor, clock: Any) -> None:
    with tripkit.db.database.bind_ctx([PlanMember]):
        PlanMember.insert(plan=plan.id, user=actor.user_id, role="viewer", created_at=clock()).execute()


def test_nobody_finds_what_they_may_not_read(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor, bob: Actor, clock: Any
) -> None:
    hers = make_plan(ada, title="Tea of Ada")
    add(hers, title="Tea item")
    make_plan(ada, title="Tea in private", status="published")
    make_plan(bob, title="Tea of Bob")
    assert find("tea", bob) == ["Tea of Bob"]
    join(tripkit, hers, bob, clock)
    assert sorted(find("tea", bob)) == ["Tea item", "Tea of Ada", "Tea of Bob"]
    assert sorted(find("tea")) == ["Tea in private", "Tea item", "Tea of Ada"]
    with tripkit.db.database.bind_ctx([PlanMember]):
        PlanMember.delete().execute()
    assert find("tea", bob) == ["Tea of Bob"]


def test_a_member_finds_what_was_written_just_before(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor, bob: Actor, clock: Any
) -> None:
    hers = make_plan(ada, title="Trip")
    join(tripkit, hers, bob, clock)
    add(hers, title="Tea")
    assert find("tea", bob) == ["Tea"]


# --- whatever is written --------------------------------------------------------------------------------------------


def test_what_changes_is_found_as_it_is(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    plan = make_plan(ada, title="Trip")
    item = add(plan, title="Tea")
    assert find("tea") == ["Tea"]
    tripkit.items.edit(ada, plan.id, item.id, Draft(ItemPatch(title="Coffee"), []))
    assert (find("tea"), find("coffee")) == ([], ["Coffee"])
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Tea tour"))
    assert find("tea") == ["Tea tour"]
    assert documents(tripkit) == 2


def test_what_is_in_the_trash_is_not_found(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor, clock: Any
) -> None:
    plan = make_plan(ada, title="Tea plan")
    item, _ = add(plan, title="Tea one"), add(plan, title="Tea two")
    assert len(find("tea")) == 3
    tripkit.items.trash(ada, plan.id, item.id)
    assert find("tea") == ["Tea two", "Tea plan"]
    tripkit.items.restore(ada, plan.id, item.id)
    assert sorted(find("tea")) == ["Tea one", "Tea plan", "Tea two"]
    tripkit.plans.trash(ada, plan.id)
    assert (find("tea"), documents(tripkit)) == ([], 0)
    tripkit.plans.restore(ada, plan.id)
    assert len(find("tea")) == documents(tripkit) == 3
    tripkit.plans.trash(ada, plan.id)
    clock.advance(days=31)
    assert tripkit.plans.purge() == 1
    assert documents(tripkit) == 0


def test_an_item_that_moves_is_found_in_its_other_plan(
    tripkit: Tripkit, hits: Any, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    here, there = make_plan(ada, title="Here"), make_plan(ada, title="There")
    item = add(here, title="Tea")
    assert [hit.plan.id for hit in hits("tea")] == [here.id]
    tripkit.items.move(ada, here.id, item.id, ItemMove(plan_id=there.id))
    assert [hit.plan.id for hit in hits("tea")] == [there.id]
    tripkit.items.move(ada, there.id, item.id, ItemMove(plan_id=here.id))
    assert [hit.plan.id for hit in hits("tea")] == [here.id]
    assert documents(tripkit) == 3


def test_what_is_taken_back_is_found_as_it_was(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    plan = make_plan(ada, title="Trip")
    item = add(plan, title="Tea")
    tripkit.items.edit(ada, plan.id, item.id, Draft(ItemPatch(title="Coffee"), []))
    assert find("coffee") == ["Coffee"]
    tripkit.history.undo(ada, plan.id)
    assert (find("tea"), find("coffee")) == (["Tea"], [])
    tripkit.items.trash(ada, plan.id, item.id)
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Journey"))
    assert (find("tea"), find("journey")) == ([], ["Journey"])
    tripkit.history.restore(ada, plan.id, 2)
    assert (find("tea"), find("trip"), find("journey")) == (["Tea"], ["Trip"], [])


def test_a_plan_that_gets_another_owner_is_found_by_them(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor, bob: Actor
) -> None:
    plan = make_plan(ada, title="Tea plan")
    add(plan, title="Tea")
    assert find("tea") == ["Tea", "Tea plan"]
    place = "?" if tripkit.db.dialect == "sqlite" else "%s"
    sql = f"UPDATE plans SET owner_id = {place}, version = version + 1 WHERE id = {place}"
    tripkit.db.unit(lambda: tripkit.db.execute(sql, (bob.user_id, plan.id)))
    assert find("tea") == []
    assert find("tea", bob) == ["Tea", "Tea plan"]
    assert find("tea") == []


def test_who_goes_takes_everything_along(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor, bob: Actor, password: str
) -> None:
    add(make_plan(ada, title="Serendipity"), title="Serendipitous")
    make_plan(bob, title="Ordinary")
    assert len(find("seren")) == 2
    assert len(find("ordinary", bob)) == 1
    tripkit.accounts.delete_own(ada, PasswordIn(password))
    assert documents(tripkit) == 1
    [(owner,)] = tripkit.db.execute("SELECT owner_id FROM search_shelves").fetchall()
    assert owner == bob.user_id


@on_sqlite
def test_what_is_deleted_leaves_the_file_when_it_is_tidied(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, ada: Actor
) -> None:
    def words_in_the_file() -> bytes:
        rows = tripkit.db.execute("SELECT block FROM search_words_data").fetchall()
        return b"".join(block for (block,) in rows)

    plan = make_plan(ada, title="Serendipity")
    assert find("serendipity") == ["Serendipity"]
    assert b"serendipity" in words_in_the_file()
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Ordinary"))
    assert find("ordinary") == ["Ordinary"]
    begin = True
    while tripkit.search_index.tidy(begin=begin):
        begin = False
    assert b"serendipity" not in words_in_the_file()
    assert find("ordinary") == ["Ordinary"]


def test_the_index_is_made_anew(tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor) -> None:
    add(make_plan(ada, title="Tea plan"), title="Tea")
    make_plan(ada, title="Coffee")
    before = find("tea")
    tripkit.search_index.start_anew()
    assert documents(tripkit) == 0
    assert sum(tripkit.search_index.catch_up_all()) == 2
    assert documents(tripkit) == 3
    assert find("tea") == before


def test_much_is_taken_in_by_and_by(
    tripkit: Tripkit, make_plan: MakePlan, add: Any, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "BATCH", 3)
    plans = [make_plan(ada, title=f"Plan {number}") for number in range(5)]
    for number in range(10):
        add(plans[1], title=f"Tea {number}")
    units = list(tripkit.search_index.catch_up_all())
    assert (sum(units), documents(tripkit)) == (5, 15)
    assert len(units) > 4
    assert not tripkit.search_index.catch_up_some()


# --- many -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_shelves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shelves that take five documents."""
    sql = search_index.SHELF_WITH_ROOM
    smaller = search_index.Statement(lambda: sql.build().where(SearchShelf.documents < 5), record=int)
    monkeypatch.setattr(search_index, "SHELF_WITH_ROOM", smaller)


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_pages_show_everything_once_over_all_shelves(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, ada: Actor, small_shelves: None, limit: int
) -> None:
    names = [f"{'Tea' if number % 3 else 'Rare'} {number:02}" for number in range(40)]
    for name in names:
        make_plan(ada, title=name, description="tea everywhere")
    found = find("tea", limit=limit)
    assert sorted(found) == sorted(names)
    assert find("tea", limit=limit) == found
    assert sorted(find("rare", limit=limit)) == [name for name in names if name.startswith("Rare")]
    assert find("39", limit=limit) == ["Rare 39"]
    assert find("nowhere", limit=limit) == []
    [(shelves,)] = tripkit.db.execute("SELECT COUNT(*) FROM search_shelves").fetchall()
    assert shelves == 8


def test_with_filters_a_page_looks_at_no_more_than_a_shelf_holds(
    tripkit: Tripkit,
    find: Find,
    make_plan: MakePlan,
    ada: Actor,
    small_shelves: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "SHELF", 5)
    for number in range(30):
        make_plan(ada, title=f"Tea {number:02} {'rare' if number == 3 else ''}", tags=["spring"] if number < 2 else [])

    def pages(words: str) -> list[list[str]]:
        found, query = [], SearchQuery(words, tag="spring")
        while True:
            page = tripkit.search.page(ada, query)
            found.append([hit.plan.title for hit in page.results])
            if page.cursor is None:
                return found
            query = msgspec.structs.replace(query, cursor=page.cursor)

    assert pages("tea") == [[], [], [], [], [], ["Tea 01", "Tea 00"]], "one shelf at a time"
    assert pages("rare") == [[]], "shelves without the word do not count"
    assert pages("nowhere") == [[]]
    assert find("tea", tag="spring", limit=1) == ["Tea 01", "Tea 00"]
    assert len(find("tea")) == 30


def test_a_page_takes_the_same_number_of_queries_whatever_there_is(
    tripkit: Tripkit, find: Find, make_plan: MakePlan, add: Any, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []
    execute = tripkit.db.execute

    def counted(sql: str, arguments: Any = ()) -> Any:
        queries.append(sql)
        return execute(sql, arguments)

    def cost() -> int:
        find("tea", limit=100)
        queries.clear()
        with monkeypatch.context() as patched:
            patched.setattr(tripkit.db, "execute", counted)
            find("tea", limit=100)
        return len(queries)

    add(make_plan(ada, title="Tea"), title="Tea")
    few = cost()
    for number in range(10):
        plan = make_plan(ada, title=f"Tea {number}")
        for _ in range(5):
            add(plan, title="Tea")
    assert cost() == few == 6


# --- at once --------------------------------------------------------------------------------------------------------


def test_a_search_sees_what_its_writer_wrote_while_others_write_and_search(
    tripkit: Tripkit, ada: Actor, in_threads: Any
) -> None:
    def write_and_find() -> list[str]:
        missed = []
        for _ in range(4):
            made = tripkit.plans.create(ada, PlanIn(title="Tea", destination="Kyoto"))
            tripkit.items.create(ada, made.id, Draft(ItemIn(title=f"unique{made.id}x"), []))
            found = tripkit.search.page(ada, SearchQuery(f"unique{made.id}x")).results
            if [hit.plan.id for hit in found] != [made.id]:
                missed.append(made.id)
        return missed

    outcomes = in_threads(6, write_and_find, tripkit.db)
    assert outcomes == [[]] * 6
    assert documents(tripkit) == 48
    with tripkit.db.database.bind_ctx([SearchShelf, SearchDocument]):
        assert sum(shelf.documents for shelf in SearchShelf.select()) == 48


WORDS = ("tea", "teahouse", "Kyōto", "京都駅", "l'été", "x")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["plan", "item", "edit plan", "edit item", "trash plan", "trash item", "restore", "move", "find"]
        ),
        st.integers(0, 3),
        TEXTS,
    ),
    min_size=5,
    max_size=15,
)


@settings(max_examples=200 if SOAK else 15)
@given(steps=STEPS)
def test_what_is_found_is_what_is_there(tripkit: Tripkit, find: Find, sign_up: Any, steps: list[Any]) -> None:
    signed_in = sign_up(f"ada{len(tripkit.db.execute('SELECT id FROM users').fetchall())}")
    ada = tripkit.sessions.authenticate(signed_in.tokens.access)
    plans: list[list[Any]] = []
    items: list[list[Any]] = []
    for what, number, text in [("plan", 0, "tea"), *steps, ("find", 0, "x")]:
        live = [each for each in plans if not each[2]]
        there = [each for each in items if not each[3] and not plans[each[0]][2]]
        plan, item = (some[number % len(some)] if some else None for some in (live, there))
        if what == "plan":
            plans.append([tripkit.plans.create(ada, PlanIn(title=text, destination="-")).id, text, False])
        elif what == "item" and plan:
            made = tripkit.items.create(ada, plan[0], Draft(ItemIn(title=text), []))
            items.append([plans.index(plan), made.id, text, False])
        elif what == "edit plan" and plan:
            tripkit.plans.edit(ada, plan[0], PlanPatch(title=text))
            plan[1] = text
        elif what == "edit item" and item:
            tripkit.items.edit(ada, plans[item[0]][0], item[1], Draft(ItemPatch(title=text), []))
            item[2] = text
        elif what == "trash plan" and plan:
            tripkit.plans.trash(ada, plan[0])
            plan[2] = True
        elif what == "restore" and len(live) < len(plans):
            gone = next(each for each in plans if each[2])
            tripkit.plans.restore(ada, gone[0])
            gone[2] = False
        elif what == "trash item" and item:
            tripkit.items.trash(ada, plans[item[0]][0], item[1])
            item[3] = True
        elif what == "move" and item and plan and plans[item[0]] is not plan:
            tripkit.items.move(ada, plans[item[0]][0], item[1], ItemMove(plan_id=plan[0]))
            item[0] = plans.index(plan)
        elif what == "find":
            titles = [each[1] for each in live] + [each[2] for each in there]
            for query in (text, *WORDS):
                terms = words.searched(query)
                expected = [title for title in titles if _has(title, terms)]
                assert sorted(find(query, ada)) == sorted(expected), query


def _has(title: str, terms: list[words.Term]) -> bool:
    there = words.indexed([title])
    return all(any(word == term.text if term.whole else word.startswith(term.text) for word in there) for term in terms)


@on_sqlite
def test_to_take_a_plan_in_reads_nothing_of_other_plans(tripkit: Tripkit) -> None:
    sql = search_index.PLAN_DOCUMENT.sql(tripkit.db)
    [first, *_] = [step[-1] for step in tripkit.db.execute(f"EXPLAIN QUERY PLAN {sql}", (1,)).fetchall()]
    assert "(plan_id=? AND item_id=?)" in first
