"""Travel plans: their rules, versions, the trash, and what is kept exactly."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Conflict, InvalidInput, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.expenses import ExpenseIn, Payment
from tripkit.schemas.items import ItemIn, ItemQuery
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPatch, PlanQuery
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services import validation
from tripkit.services.item_places import complete
from tripkit.services.plan_rules import MAX_DATA_BYTES
from tripkit.services.plans import Plans
from tripkit.services.policy import OPERATOR

MakePlan = Callable[..., PlanOut]


@pytest.fixture
def plans(tripkit: Tripkit) -> Plans:
    return tripkit.plans


@pytest.fixture
def send(plans: Plans, ada: Actor) -> Callable[..., PlanOut]:
    """`send(budget="1.00")`: a plan of Ada's as it would come by JSON; a value in `raw` is JSON text."""

    def create(*, raw: dict[str, str] | None = None, **fields: Any) -> PlanOut:
        members = {"title": "Kyoto", "destination": "Japan"} | fields
        texts = {name: json.dumps(value) for name, value in members.items()} | (raw or {})
        body = "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"
        return plans.create(ada, validation.decode(PlanIn, body.encode()))

    return create


def patch(**fields: Any) -> PlanPatch:
    return validation.decode(PlanPatch, json.dumps(fields).encode())


def wrong(work: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        work()
    return failed.value.errors


# --- creating and reading -------------------------------------------------------------------------------------------


def test_a_plan_has_defaults_for_all_but_its_title_and_destination(
    plans: Plans, send: Any, ada: Actor, clock: Any
) -> None:
    made = send()
    assert made == PlanOut(
        id=made.id,
        user="ada",
        role="owner",
        title="Kyoto",
        destination="Japan",
        description="",
        start_date=None,
        end_date=None,
        budget=None,
        currency="EUR",
        status="draft",
        plan_data=Raw(b"{}"),
        tags=[],
        timezone=None,
        version=1,
        created_at=clock.now,
        updated_at=clock.now,
        trashed_at=None,
    )
    assert plans.get(ada, made.id) == made


FULL = {
    "title": "Kyoto in April",
    "destination": "Kyoto, Japan",
    "description": "Blossoms\nand temples",
    "start_date": "2027-04-01",
    "end_date": "2027-04-14",
    "budget": "1250.00",
    "currency": "JPY",
    "status": "published",
    "plan_data": {"days": [1, 2]},
    "tags": ["spring", "temples"],
    "timezone": "Asia/Tokyo",
}


def test_every_field_comes_back_as_it_was_sent(plans: Plans, send: Any, ada: Actor) -> None:
    made = send(**FULL)
    read = json.loads(msgspec.json.encode(plans.get(ada, made.id)))
    assert {name: read[name] for name in FULL} == FULL
    assert plans.get(ada, made.id) == made


def test_all_rules_that_are_broken_are_told_at_once(send: Any, tripkit: Tripkit) -> None:
    found = wrong(
        lambda: send(
            title=" ",
            destination="a\nb",
            start_date="2027-04-02",
            end_date="2027-04-01",
            budget="-1",
            currency="XYZ",
            timezone="Asia/Tokio",
            plan_data=[],
        )
    )
    assert found.keys() == {"title", "destination", "end_date", "budget", "currency", "timezone", "plan_data"}
    assert list(tripkit.db.execute("SELECT * FROM plans")) == []


@pytest.mark.parametrize("field", ["title", "destination"])
@pytest.mark.parametrize("blank", ["", " ", "\u3000", "\u00a0 "])
def test_a_plan_needs_a_title_and_a_destination(send: Any, field: str, blank: str) -> None:
    assert wrong(lambda: send(**{field: blank})).keys() == {field}


@pytest.mark.parametrize("title", ["京都　旅行", "Trip 👨‍👩‍👧", "می‌خواهم", "Voilà\u00a0!", "  x  ", "t" * 200])
def test_a_title_may_be_written_in_any_script(plans: Plans, send: Any, ada: Actor, title: str) -> None:
    assert plans.get(ada, send(title=title).id).title == title.strip()


@pytest.mark.parametrize("title", ["a\nb", "a\x1b[31m", "a\u2028b", "a\u202eb"])
def test_a_title_is_one_line(send: Any, title: str) -> None:
    assert wrong(lambda: send(title=title)) == {"title": ["must be one line without control characters."]}


def test_a_description_may_have_many_lines(send: Any) -> None:
    assert send(description="a\r\n\tb\n").description == "a\r\n\tb\n"
    assert len(send(description="é" * 20_000).description) == 20_000
    assert wrong(lambda: send(description="é" * 20_001)).keys() == {"description"}


# --- money ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0", "0.00"),
        ("-0", "0.00"),
        ('"-0.00"', "0.00"),
        ("1", "1.00"),
        ("0.1", "0.10"),
        ('"0.10"', "0.10"),
        ("1e2", "100.00"),
        ("1.50000", "1.50"),
        ("99999999.99", "99999999.99"),
        ('"99999999.99"', "99999999.99"),
        ('"0E+999999"', "0.00"),
        ("null", None),
    ],
)
def test_a_budget_is_an_exact_amount_with_two_decimals(
    plans: Plans, send: Any, ada: Actor, sent: str, kept: str | None
) -> None:
    made = send(raw={"budget": sent})
    read = plans.get(ada, made.id)
    assert made.budget == read.budget == (None if kept is None else Decimal(kept))
    assert json.loads(msgspec.json.encode(read))["budget"] == kept


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("-1", "must be from 0.00 to 99999999.99"),
        ("-0.01", "must be from 0.00 to 99999999.99"),
        ("100000000", "must be from 0.00 to 99999999.99"),
        ("99999999.991", "must be from 0.00 to 99999999.99"),
        ("12345678901.00", "must be from 0.00 to 99999999.99"),
        ("1e400", "must be from 0.00 to 99999999.99"),
        ("1" * 5000, "must be from 0.00 to 99999999.99"),
        ('"NaN"', "must be from 0.00 to 99999999.99"),
        ('"sNaN"', "must be from 0.00 to 99999999.99"),
        ('"Infinity"', "must be from 0.00 to 99999999.99"),
        ("1.005", "must have at most two decimals"),
        ("1e-400", "must have at most two decimals"),
        ("1.00" + "0" * 3000 + "1", "must have at most two decimals"),
        ("1e999999999999999999999", "must be "),
        ('"12,50"', "must be a decimal"),
        ('"€5"', "must be a decimal"),
        ('""', "must be a decimal"),
        ("true", "must be a decimal"),
        ("[]", "must be a decimal"),
    ],
)
def test_a_budget_out_of_bounds_is_refused_and_never_rounded(send: Any, sent: str, reason: str) -> None:
    [message] = wrong(lambda: send(raw={"budget": sent}))["budget"]
    assert message.startswith(reason)
    assert len(message) < 150


def test_a_budget_that_is_not_json_is_refused(send: Any) -> None:
    with pytest.raises(InvalidInput, match="NaN is not JSON"):
        send(raw={"budget": "NaN"})


@given(amount=st.decimals(0, Decimal("99999999.99"), places=2))
def test_every_amount_is_kept_to_the_cent(tripkit: Tripkit, ada: Actor, make_plan: MakePlan, amount: Decimal) -> None:
    made = make_plan(ada, budget=amount)
    assert tripkit.plans.get(ada, made.id).budget == made.budget == amount


@pytest.mark.parametrize(("sent", "kept"), [("EUR", "EUR"), ("usd", "USD"), ("Jpy", "JPY"), (None, "EUR")])
def test_a_currency_is_kept_in_capitals(send: Any, sent: str | None, kept: str) -> None:
    assert send(currency=sent).currency == kept


@pytest.mark.parametrize("currency", ["", "EURO", "XYZ", "E", "€", "EU R", "ß", "x" * 1000])
def test_a_currency_is_one_of_iso_4217(send: Any, currency: str) -> None:
    [message] = wrong(lambda: send(currency=currency))["currency"]
    assert message.startswith("must be an ISO 4217 code such as EUR, not ")


def test_a_currency_is_none_by_being_the_default(tripkit: Tripkit, send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = msgspec.structs.replace(tripkit.plans._settings, currency="EUO")
    monkeypatch.setattr(tripkit.plans, "_settings", odd)
    assert wrong(send) == {"currency": ['must be an ISO 4217 code such as EUR, not "EUO". Did you mean EUR?']}
    assert send(currency="CHF").currency == "CHF"


def test_a_plan_is_read_whose_currency_is_none(tripkit: Tripkit, send: Any, ada: Actor) -> None:
    plan = send()
    tripkit.items.create(ada, plan.id, complete(ItemIn(title="Tea", cost=Decimal("4.50"))))
    traveller = tripkit.travellers.create(ada, plan.id, TravellerIn("Ada"))
    tripkit.expenses.create(ada, plan.id, ExpenseIn("Tea", date(2027, 4, 2), Decimal(4), [Payment(traveller.id)]))
    for table in ("plans", "items", "expenses"):
        sql = f"UPDATE {table} SET currency = 'ZZZ'"
        tripkit.db.unit(lambda sql=sql: tripkit.db.execute(sql).close())  # type: ignore[misc]
    assert tripkit.money.totals(ada, plan.id).total.by_currency == {"ZZZ": Decimal("8.50")}
    assert tripkit.balances.balances(ada, plan.id).by_currency["ZZZ"].transfers == []
    assert tripkit.items.by_day(ada, plan.id, ItemQuery()).days[0].items[0].currency == "ZZZ"
    assert tripkit.checks.check(ada, plan.id).ok
    assert wrong(lambda: tripkit.plans.edit(ada, plan.id, PlanPatch(title="x"))).keys() == {"currency"}
    assert tripkit.plans.edit(ada, plan.id, PlanPatch(currency="EUR")).currency == "EUR"


# --- dates and zones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2027-04-01", "2027-04-01"),
        ("2027-04-01", None),
        (None, "2027-04-01"),
        ("0001-01-01", "9999-12-31"),
        (None, None),
    ],
)
def test_a_trip_may_begin_and_end_whenever(send: Any, start: str | None, end: str | None) -> None:
    made = send(start_date=start, end_date=end)
    assert (made.start_date and made.start_date.isoformat(), made.end_date and made.end_date.isoformat()) == (
        start,
        end,
    )


def test_a_trip_does_not_end_before_it_begins(plans: Plans, send: Any, ada: Actor) -> None:
    expected = {"end_date": ["must not be before start_date (2027-04-02), as 2027-04-01 is."]}
    assert wrong(lambda: send(start_date="2027-04-02", end_date="2027-04-01")) == expected
    made = send(start_date="2027-03-01", end_date="2027-04-01")
    assert wrong(lambda: plans.edit(ada, made.id, patch(start_date="2027-04-02"))) == expected
    assert plans.get(ada, made.id) == made


@pytest.mark.parametrize(
    "day", ["2027-02-29", "2027-13-01", "2027-4-1", "01.04.2027", "2027-04-01T00:00:00Z", "20270401", "", 0]
)
def test_an_impossible_date_is_refused(send: Any, day: Any) -> None:
    [message] = wrong(lambda: send(start_date=day))["start_date"]
    assert message.startswith("must be a date like 2027-04-01")


@pytest.mark.parametrize(
    ("sent", "kept"), [("Asia/Calcutta", "Asia/Kolkata"), ("europe/lisbon", "Europe/Lisbon"), (None, None)]
)
def test_a_zone_is_kept_under_its_current_name(send: Any, sent: str | None, kept: str | None) -> None:
    assert send(timezone=sent).timezone == kept


@pytest.mark.parametrize(
    ("zone", "hint"),
    [("Asia/Tokio", "Did you mean Asia/Tokyo"), ("Lisbon", "Did you mean Europe/Lisbon"), ("", "Use an IANA name")],
)
def test_an_unknown_zone_is_refused_with_a_suggestion(send: Any, zone: str, hint: str) -> None:
    [message] = wrong(lambda: send(timezone=zone))["timezone"]
    assert message.startswith(f'"{zone}" is not a time zone. {hint}')


# --- tags -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["b", "a"], ["b", "a"]),
        (["Sea", "sea", "SEA", "sun"], ["Sea", "sun"]),
        ([" sea ", "sea", "  "], ["sea"]),
        (["straße", "STRASSE"], ["straße"]),
        (["日本", "#1", "a'b"], ["日本", "#1", "a'b"]),
        ([], []),
    ],
)
def test_tags_are_tidied_and_stand_once(plans: Plans, send: Any, ada: Actor, sent: list[str], kept: list[str]) -> None:
    made = send(tags=sent)
    assert made.tags == plans.get(ada, made.id).tags == kept


# --- plan_data ------------------------------------------------------------------------------------------------------

EXACT = (
    '{"z": 1, "a": 12345678901234567890123456789012345678901234567890, "m": 0.1000, "e": 1E+400, '
    '"u": "\\u00e9 é \\ud83d\\uddfe", "n": null, "-0": -0.0, "deep": {"b":[ ], "a" : {} } }'
)


def test_the_text_of_plan_data_is_kept_exactly(plans: Plans, send: Any, ada: Actor) -> None:
    made = send(raw={"plan_data": f"  {EXACT}\n"})
    assert bytes(made.plan_data).decode() == EXACT
    assert bytes(plans.get(ada, made.id).plan_data).decode() == EXACT
    plans.edit(ada, made.id, patch(title="Other"))
    [listed] = plans.page(ada, PlanQuery()).results
    assert bytes(listed.plan_data).decode() == EXACT
    assert EXACT.encode() in msgspec.json.encode(listed)


@pytest.mark.parametrize("data", ["[]", "null", "5", '"{}"', "true"])
def test_plan_data_is_an_object(plans: Plans, send: Any, ada: Actor, data: str) -> None:
    expected = {"plan_data": ["must be a JSON object."]}
    assert wrong(lambda: send(raw={"plan_data": data})) == expected
    made = send()
    form = validation.decode(PlanPatch, f'{{"plan_data": {data}}}'.encode())
    for merge in (False, True):
        assert wrong(lambda merge=merge: plans.edit(ada, made.id, form, merge=merge)) == expected


def sized(size: int) -> str:
    return '{"x":"' + "x" * (size - 8) + '"}'


def test_plan_data_has_at_most_256_kibibytes(plans: Plans, send: Any, ada: Actor) -> None:
    largest = sized(MAX_DATA_BYTES)
    assert len(bytes(send(raw={"plan_data": largest}).plan_data)) == 256 * 1024
    found = wrong(lambda: send(raw={"plan_data": sized(MAX_DATA_BYTES + 1)}))
    assert found == {"plan_data": ["must be at most 262144 bytes of JSON; it has 262145."]}
    multibyte = '{"x":"' + "é" * (MAX_DATA_BYTES // 2) + '"}'
    assert wrong(lambda: send(raw={"plan_data": multibyte})).keys() == {"plan_data"}


def test_a_merge_does_not_lead_beyond_the_bounds(plans: Plans, send: Any, ada: Actor) -> None:
    made = send(raw={"plan_data": sized(MAX_DATA_BYTES)})
    with pytest.raises(ValidationFailed):
        plans.edit(ada, made.id, patch(plan_data={"y": 1}), merge=True)
    assert plans.get(ada, made.id) == made
    made = send(raw={"plan_data": nested(32)})
    with pytest.raises(ValidationFailed):
        plans.edit(ada, made.id, validation.decode(PlanPatch, f'{{"plan_data": {nested(33)}}}'.encode()), merge=True)


def nested(depth: int) -> str:
    return '{"x":' * depth + "1" + "}" * depth


def test_plan_data_nests_32_levels(send: Any) -> None:
    assert bytes(send(raw={"plan_data": nested(32)}).plan_data).decode() == nested(32)
    expected = {"plan_data": ["must nest at most 32 levels deep. Flatten it."]}
    assert wrong(lambda: send(raw={"plan_data": nested(33)})) == expected
    assert wrong(lambda: send(raw={"plan_data": '{"x":' + "[" * 32 + "]" * 32 + "}"})) == expected
    assert send(raw={"plan_data": '{"x":[' + ",".join(["[]"] * 100) + "]}"})


def test_a_merge_patch_changes_what_it_names_and_a_plain_patch_all(plans: Plans, send: Any, ada: Actor) -> None:
    made = send(raw={"plan_data": '{"a": 1.10, "b": {"c": 2, "d": 3}, "e": 4}'})
    merged = plans.edit(ada, made.id, patch(plan_data={"b": {"c": None, "x": 5}, "e": None}), merge=True)
    assert bytes(merged.plan_data) == b'{"a":1.10,"b":{"d":3,"x":5}}'
    assert plans.get(ada, made.id) == merged
    replaced = plans.edit(ada, made.id, patch(plan_data={"only": 1}))
    assert json.loads(bytes(replaced.plan_data)) == {"only": 1}


# --- changing -------------------------------------------------------------------------------------------------------


def test_a_patch_changes_what_it_names_and_keeps_the_rest(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    made = send(**FULL)
    clock.advance(seconds=5)
    edited = plans.edit(ada, made.id, patch(title="Osaka", budget=None, tags=[]))
    assert edited == msgspec.structs.replace(made, title="Osaka", budget=None, tags=[], version=2, updated_at=clock.now)
    assert plans.get(ada, made.id) == edited


@pytest.mark.parametrize("field", FULL)
def test_each_field_can_be_patched_alone(plans: Plans, send: Any, ada: Actor, field: str) -> None:
    made = send()
    edited = json.loads(msgspec.json.encode(plans.edit(ada, made.id, patch(**{field: FULL[field]}))))
    before = json.loads(msgspec.json.encode(made))
    assert edited == before | {field: FULL[field], "version": 2}


@pytest.mark.parametrize("field", ["title", "destination", "description", "currency", "status", "tags", "plan_data"])
def test_a_field_that_is_never_empty_cannot_be_emptied_with_null(
    plans: Plans, send: Any, ada: Actor, field: str
) -> None:
    made = send()
    assert wrong(lambda: plans.edit(ada, made.id, patch(**{field: None}))).keys() == {field}


def test_an_empty_patch_is_a_change_too(plans: Plans, send: Any, ada: Actor) -> None:
    assert plans.edit(ada, send().id, PlanPatch()).version == 2


def test_replacing_resets_what_is_left_out(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    made = send(**FULL)
    created = clock.now
    clock.advance(days=1)
    replaced = plans.replace(ada, made.id, PlanIn(title="Osaka", destination="Japan"))
    fresh = send(title="Osaka")
    assert replaced == msgspec.structs.replace(fresh, id=made.id, version=2, created_at=created)
    assert plans.get(ada, made.id) == replaced


def test_a_replacement_that_breaks_a_rule_changes_nothing(plans: Plans, send: Any, ada: Actor) -> None:
    made = send(**FULL)
    assert wrong(lambda: plans.replace(ada, made.id, PlanIn(title=" ", destination="x"))).keys() == {"title"}
    assert plans.get(ada, made.id) == made


WRITES: dict[str, Callable[..., Any]] = {
    "edit": lambda plans, actor, plan, **known: plans.edit(actor, plan, PlanPatch(title="x"), **known),
    "replace": lambda plans, actor, plan, **known: plans.replace(actor, plan, PlanIn("x", "y"), **known),
    "trash": lambda plans, actor, plan, **known: plans.trash(actor, plan, **known),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_on_a_version_that_has_passed_is_refused_with_the_current_one(
    plans: Plans, send: Any, ada: Actor, write: str
) -> None:
    made = send()
    edited = plans.edit(ada, made.id, PlanPatch(), expected=1)
    for stale in (1, 3, 0, -1):
        with pytest.raises(StaleVersion) as refused:
            WRITES[write](plans, ada, made.id, expected=stale)
        assert refused.value.current == 2
    assert plans.get(ada, made.id) == edited
    WRITES[write](plans, ada, made.id, expected=2)


def test_of_many_who_change_the_same_version_at_once_one_does(
    tripkit: Tripkit, send: Any, ada: Actor, in_threads: Any
) -> None:
    made = send()
    outcomes = in_threads(10, lambda: tripkit.plans.edit(ada, made.id, PlanPatch(title="x"), expected=1), tripkit)
    assert sorted(type(each).__name__ for each in outcomes) == ["PlanOut"] + ["StaleVersion"] * 9
    assert tripkit.plans.get(ada, made.id).version == 2


def test_changes_at_once_without_a_version_all_count(tripkit: Tripkit, send: Any, ada: Actor, in_threads: Any) -> None:
    made = send()
    outcomes = in_threads(10, lambda: tripkit.plans.edit(ada, made.id, PlanPatch()), tripkit)
    assert sorted(each.version for each in outcomes) == list(range(2, 12))


# --- who may --------------------------------------------------------------------------------------------------------

TOUCHES = WRITES | {
    "get": lambda plans, actor, plan: plans.get(actor, plan),
    "restore": lambda plans, actor, plan: plans.restore(actor, plan),
}


@pytest.mark.parametrize("touch", TOUCHES)
@pytest.mark.parametrize("trashed", [False, True])
def test_to_everybody_but_its_owner_a_plan_does_not_exist(
    plans: Plans, send: Any, ada: Actor, make_user: Any, touch: str, trashed: bool
) -> None:
    made = send(status="published")
    if trashed:
        plans.trash(ada, made.id)
    for other in (make_user("bob"), make_user("root", admin=True), OPERATOR):
        with pytest.raises(NotFound, match=f"^There is no plan {made.id}\\.$"):
            TOUCHES[touch](plans, other, made.id)
    if not trashed:
        assert plans.get(ada, made.id) == made


@pytest.mark.parametrize("touch", TOUCHES)
@pytest.mark.parametrize("number", [0, -1, 77, 2**63 - 1])
def test_a_plan_that_is_not_there_is_not_found(plans: Plans, ada: Actor, touch: str, number: int) -> None:
    with pytest.raises(NotFound):
        TOUCHES[touch](plans, ada, number)


def test_a_plan_of_somebody_who_was_deleted_meanwhile_is_a_conflict(
    tripkit: Tripkit, ada: Actor, make_plan: MakePlan
) -> None:
    tripkit.administration.delete(OPERATOR, ada.user_id)
    with pytest.raises(Conflict):
        make_plan(ada)


# --- the trash ------------------------------------------------------------------------------------------------------


def test_a_plan_in_the_trash_can_only_be_restored(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    made = send(**FULL)
    plans.trash(ada, made.id)
    for touch in ("get", *WRITES):
        with pytest.raises(NotFound):
            TOUCHES[touch](plans, ada, made.id)
    [trashed] = plans.page(ada, PlanQuery(trashed=True)).results
    assert trashed.trashed_at == clock.now
    clock.advance(days=30)
    restored = plans.restore(ada, made.id)
    assert restored == msgspec.structs.replace(made, version=3, updated_at=clock.now)
    assert plans.get(ada, made.id) == restored
    with pytest.raises(NotFound):
        plans.restore(ada, made.id)


def test_what_was_trashed_30_days_ago_is_deleted_for_good(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    old, newer, kept = send(), send(), send()
    plans.trash(ada, old.id)
    clock.advance(seconds=1)
    plans.trash(ada, newer.id)
    clock.advance(days=30, seconds=-1)
    assert plans.purge() == 0
    clock.advance(seconds=1)
    assert plans.purge() == 1
    with pytest.raises(NotFound):
        plans.restore(ada, old.id)
    assert plans.restore(ada, newer.id)
    assert plans.get(ada, kept.id) == kept


def test_trashing_a_plan_empties_what_is_due(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    old, new = send(), send()
    plans.trash(ada, old.id)
    clock.advance(days=30, seconds=1)
    plans.trash(ada, new.id)
    assert [plan.id for plan in plans.page(ada, PlanQuery(trashed=True)).results] == [new.id]


def test_the_id_of_a_purged_plan_is_never_given_out_again(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    last = send()
    plans.trash(ada, last.id)
    clock.advance(days=31)
    assert plans.purge() == 1
    assert send().id > last.id


# --- naming ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Kyoto in April", "kyoto IN april", "april", " april "])
def test_a_plan_is_named_by_its_title_or_a_piece_of_it(plans: Plans, send: Any, ada: Actor, name: str) -> None:
    wanted = send(title="Kyoto in April")
    send(title="Osaka in May")
    assert plans.resolve(ada, name) == wanted.id


def test_a_whole_title_wins_over_a_piece_of_another(plans: Plans, send: Any, ada: Actor) -> None:
    send(title="Kyoto in April")
    exact = send(title="Kyoto")
    assert plans.resolve(ada, "kyoto") == exact.id


def test_a_number_is_a_number_also_when_a_title_holds_it(plans: Plans, send: Any, ada: Actor) -> None:
    send(title="Trip of 2027")
    assert plans.resolve(ada, "2027") == 2027
    assert plans.resolve(ada, "2027 ") != 2027


def test_several_matches_are_named(plans: Plans, send: Any, ada: Actor, clock: Any) -> None:
    made = []
    for title in ("Kyoto", "kyoto", "Kyoto again"):
        made.append(send(title=title))
        clock.advance(seconds=1)
    with pytest.raises(Ambiguous) as several:
        plans.resolve(ada, "KYOTO")
    assert several.value.candidates == [(made[1].id, "kyoto"), (made[0].id, "Kyoto")]
    assert f"{made[0].id} (Kyoto)" in str(several.value)


@pytest.mark.parametrize("name", ["", " ", "Lima", "%", "_", "9" * 19, "Bob"])
def test_a_name_that_fits_no_plan_is_not_found(
    plans: Plans, send: Any, ada: Actor, bob: Actor, make_plan: MakePlan, name: str
) -> None:
    send(title="Kyoto")
    make_plan(bob, title="Bob's trip")
    with pytest.raises(NotFound):
        plans.resolve(ada, name)


def test_plans_in_the_trash_are_named_apart(plans: Plans, send: Any, ada: Actor) -> None:
    gone = send(title="Kyoto")
    plans.trash(ada, gone.id)
    with pytest.raises(NotFound):
        plans.resolve(ada, "kyoto")
    assert plans.resolve(ada, "kyoto", trashed=True) == gone.id


# --- the default currency -------------------------------------------------------------------------------------------


def test_dates_are_dates_in_the_record(plans: Plans, send: Any, ada: Actor) -> None:
    read = plans.get(ada, send(start_date="2027-04-01").id)
    assert read.start_date == date(2027, 4, 1)
    assert read.created_at.utcoffset() is not None
