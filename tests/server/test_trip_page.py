"""The page of a shared plan, as the template makes it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tripkit.schemas.items import Place
from tripkit.schemas.money import Sum
from tripkit.schemas.shared import SharedChecklist, SharedDay, SharedEntry, SharedItem, SharedPlan, SharedTotals
from tripkit.server import trip_page, trip_stops

from .page_reader import PageReader

URL = "https://trips.example.org/s/abc"
KYOTO = Place(name="Kyoto", lat=35.02, lon=135.75, country="JP", timezone="Asia/Tokyo")
LISBON = Place(name="Lisbon", lat=38.72, lon=-9.14, country="PT", timezone="Europe/Lisbon")
PORTO = Place(name="Porto", lat=41.15, lon=-8.61, country="PT", timezone="Europe/Lisbon")
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}&lt;b&gt;"


def item(title: str = "Tea", **fields: Any) -> SharedItem:
    empty = dict.fromkeys(SharedItem.__struct_fields__)
    texts = {"uid": "1", "kind": "activity", "notes": "", "booking_reference": "", "status": "planned", "warnings": []}
    return SharedItem(**empty | texts | {"title": title} | fields)  # type: ignore[arg-type]


def timed(title: str, start: str, start_at: str, **fields: Any) -> SharedItem:
    ends = {name: at(fields.pop(name)) for name in ("end_at",) if name in fields}
    return item(title, start=start, start_at=at(start_at), **ends, **fields)


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant).replace(tzinfo=UTC)


def plan(*days: SharedDay, **fields: Any) -> SharedPlan:
    return SharedPlan(
        **{
            "label": "", "redactions": [], "user": "ada", "title": "Spring", "destination": "Kyoto",
            "description": "", "start_date": None, "end_date": None, "timezone": None, "tags": [], "plan_data": None,
            "totals": None, "days": list(days), "checklists": [], "updated_at": at("2027-01-01T12:00"),
        } | fields
    )  # fmt: skip


def day(when: str | None, *items: SharedItem, number: int | None = None) -> SharedDay:
    return SharedDay(date.fromisoformat(when) if when else None, number, list(items))


def page(shared: SharedPlan, **options: Any) -> PageReader:
    given = {"url": URL, "base": "", "calendar": "/api/shared/abc/calendar.ics", "listed": False} | options
    body = trip_page.page(shared, **given).decode()
    found = PageReader(body)
    assert not found.unmatched
    assert not found.active
    return found


def test_the_head_tells_programs_what_it_is() -> None:
    dates = {"start_date": date(2027, 3, 26), "end_date": date(2027, 4, 8)}
    found = page(plan(description="Two weeks\n\nof trains.", **dates))
    summary = "Kyoto - 26 March to 8 April 2027, 14 days - Two weeks of trains."
    assert found.meta("og:title") == found.meta("twitter:title") == "Spring"
    assert found.meta("og:description") == found.meta("description") == summary
    assert found.meta("og:url") == URL
    assert found.meta("robots") == "noindex, nofollow"
    assert found.all("html")[0]["lang"] == "en"
    assert found.loaded == {"/pages/style.css", "/pages/icon.svg"}
    assert len(page(plan(description="x" * 20_000)).meta("og:description") or "") == 200


def test_the_label_of_the_link_is_shown() -> None:
    assert "tripkit For the neighbours Kyoto Spring" in page(plan(label="For the neighbours")).words


def test_a_published_plan_may_be_found() -> None:
    found = page(plan(), listed=True, base="/trips")
    assert found.meta("robots") is None
    assert "/trips/gallery" in {each["href"] for each in found.all("a")}
    assert "/gallery" not in {each["href"] for each in page(plan()).all("a")}


def test_an_address_below_a_path_is_kept() -> None:
    found = page(plan(), base="/trips")
    assert found.loaded == {"/trips/pages/style.css", "/trips/pages/icon.svg"}
    assert {each["href"] for each in found.all("a")} >= {"/trips/"}


def test_a_plan_of_nothing_is_a_page_as_well() -> None:
    found = page(plan(user=None), calendar=None)
    assert "Nothing is planned yet." in found.words
    assert not [each for each in found.all("svg") if each.get("role") == "img"]
    assert "by ada" not in found.words
    assert "calendar" not in found.words


def test_days_and_times_are_as_clocks_show_them() -> None:
    flight = timed(
        "To Kyoto", "2027-03-30T13:25", "2027-03-30T12:25", kind="flight", start_zone="Europe/Lisbon",
        end="2027-03-31T08:55", end_zone="Asia/Tokyo", end_at="2027-03-30T23:55", place=LISBON, end_place=KYOTO,
        duration=41_400, distance_km=11_084.2, cost=Decimal(900), currency="EUR", booking_reference="QX7F2K",
    )  # fmt: skip
    stay = item("Ryokan", kind="lodging", start="2027-03-31", end="2027-04-03", place=KYOTO, status="booked")
    tea = timed("Tea", "2027-03-31T14:00", "2027-03-31T05:00", start_zone="Asia/Tokyo", place=KYOTO)
    found = page(plan(day("2027-03-30", flight, number=5), day("2027-03-31", stay, tea, number=6)))
    for words in (
        "Tuesday, 30 March 2027 Day 5",
        "Times are in Lisbon time (UTC+1)",
        "13:25 until 08:55 31 Mar",
        "Flight: To Kyoto Lisbon 1 to→ Kyoto 2 11 h 30 min 11,084 km 900 EUR Reference QX7F2K",
        "Clocks go forward 8 h: Tokyo time (UTC+9)",
        "Lodging: Ryokan booked Kyoto 2 3 nights, until Sat 3 Apr",
        "14:00 Activity: Tea",
    ):
        assert words in found.words, found.words
    assert found.words.count("Clocks") == 1
    times = {each["datetime"] for each in found.all("time")}
    assert times == {"2027-03-30", "2027-03-31", "2027-03-30T12:25:00Z", "2027-03-30T23:55:00Z", "2027-03-31T05:00:00Z"}


def test_the_bed_comes_at_the_end_of_its_day() -> None:
    bed = item("Ryokan", kind="lodging", start="2027-03-31", end="2027-04-03")
    holiday = item("Holiday", kind="note", start="2027-03-31")
    late = timed("Late bed", "2027-03-31T13:00", "2027-03-31T04:00", kind="lodging")
    tea = timed("Tea", "2027-03-31T14:00", "2027-03-31T05:00")
    some_day = item("Castle hotel", kind="lodging"), item("Ferry", kind="ferry")
    found = page(plan(day("2027-03-31", bed, holiday, late, tea), day(None, *some_day)))
    order = [found.words.index(title) for title in ("Holiday", "Late bed", "Tea", "Ryokan", "Castle hotel", "Ferry")]
    assert order == sorted(order)


def test_airports_are_called_by_their_cities() -> None:
    lisbon = Place(name="LIS", lat=38.78, lon=-9.14)
    fly = timed("Fly", "2027-03-26T09:00", "2027-03-26T09:00", kind="flight", place=lisbon, end_place=KYOTO)
    # A bar that is called so, a code that nobody has, and one of which nobody knows where it is.
    others = (Place(name="LIS", lat=35.0, lon=135.7), Place(name="QQQ", lat=1.0, lon=1.0), Place(name="LHR"))
    rows = [timed("x", "2027-03-27T09:00", "2027-03-27T09:00", place=place) for place in others]
    found = page(plan(day("2027-03-26", fly, *rows)))
    assert "Flight: Fly Lisbon (LIS) 1 to→ Kyoto 2" in found.words
    assert "1Lisbon 2Kyoto, LIS 3QQQ Day by day" in found.words
    for name in ("LIS 2", "QQQ 3", "LHR"):
        assert f"Activity: x {name} " in found.words


def test_what_is_called_like_its_place_is_said_once() -> None:
    shrine = msgspec.structs.replace(KYOTO, name="Shrine", address="1 Hill Road")
    seen = timed("Shrine", "2027-03-26T09:00", "2027-03-26T09:00", place=shrine, status="booked")
    assert "Activity: Shrine 1 booked 1 Hill Road" in page(plan(day("2027-03-26", seen))).words
    ride = msgspec.structs.replace(seen, kind="bus", end_place=LISBON)
    assert "Bus: Shrine booked Shrine 1 to→ Lisbon 2" in page(plan(day("2027-03-26", ride))).words


def test_a_calendar_of_nothing_is_not_offered() -> None:
    assert "Add to calendar" in page(plan(day("2027-03-26", item(start="2027-03-26")))).words
    assert "Add to calendar" not in page(plan(day(None, item()))).words


def test_summer_time_is_a_change_of_clocks() -> None:
    before = timed("Pub", "2027-03-27T19:00", "2027-03-27T19:00", start_zone="Europe/London")
    after = timed("Train", "2027-03-28T10:31", "2027-03-28T09:31", start_zone="Europe/London")
    back = timed("Home", "2027-11-01T10:00", "2027-11-01T10:00", start_zone="Europe/London", warnings=["Twice."])
    found = page(plan(day("2027-03-27", before), day("2027-03-28", after), day("2027-11-01", back)))
    assert "Clocks go forward 1 h: London time (UTC+1)" in found.words
    assert "Clocks go back 1 h: London time (UTC)" in found.words
    assert "Twice." in found.words


def test_what_has_no_day_comes_under_its_own_heading() -> None:
    found = page(plan(day(None, item("Some day", kind="note", status="idea", notes="Perhaps.\nOr not."))))
    assert "Without a date Note: Some day idea Perhaps. Or not." in found.words


def test_costs_are_there_until_they_are_hidden() -> None:
    def total(**amounts: Any) -> Sum:
        return Sum({code: Decimal(each) for code, each in amounts.items()}, None, [*amounts][1:])

    costs = SharedTotals(
        currency="EUR",
        budget=Decimal("100.00"),
        total=total(EUR="80.00", JPY="14170"),
        planned=total(),
        spent=total(),
        remaining=None,
        by_kind={"food": total(JPY="14170"), "train": Sum({"EUR": Decimal("80.00")}, Decimal("80.00"), [])},
    )
    found = page(plan(totals=costs))
    assert "Food 14,170 JPY Train 80.00 EUR Total 80.00 EUR + 14,170 JPY Budget 100.00 EUR" in found.words
    over = msgspec.structs.replace(costs, remaining=Decimal("-28.14"))
    assert "Over the budget 28.14 EUR" in page(plan(totals=over)).words
    hidden = page(plan(redactions=["costs", "references"]))
    assert "Costs" not in hidden.words
    assert "Not shown here: costs and booking references." in hidden.words


def test_checklists_say_what_is_done() -> None:
    packing = SharedChecklist("Packing", [SharedEntry("Passport", True), SharedEntry("Umbrella", False)])
    found = page(plan(checklists=[packing, SharedChecklist("Shopping", [])]))
    assert "Checklists Packing ✓Passport (done) Umbrella Shopping Nothing is on it yet." in found.words
    assert "Checklists" not in page(plan()).words


def test_nothing_that_somebody_wrote_becomes_a_part_of_the_page() -> None:
    places = {
        "place": msgspec.structs.replace(KYOTO, name=HOSTILE, address=HOSTILE),
        "end_place": msgspec.structs.replace(LISBON, name=HOSTILE, address=HOSTILE),
    }
    hostile = timed(
        HOSTILE, "2027-03-31T14:00", "2027-03-31T05:00", notes=HOSTILE, booking_reference=HOSTILE, start_zone=HOSTILE,
        warnings=[HOSTILE], cost=Decimal(1), currency=HOSTILE, **places,
    )  # fmt: skip
    packing = [SharedChecklist(HOSTILE, [SharedEntry(HOSTILE, True)])]
    texts: dict[str, Any] = dict.fromkeys(("title", "destination", "description", "user"), HOSTILE) | {
        "tags": [HOSTILE],
        "label": HOSTILE,
        "checklists": packing,
    }
    found = page(plan(day("2027-03-31", hostile), **texts), url=URL + HOSTILE, calendar=f"/{HOSTILE}")
    expected = page(plan(day("2027-03-31", msgspec.structs.replace(hostile, title="x")), **texts | {"title": "x"}))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in expected.elements]
    assert found.text.count(HOSTILE) >= 15
    assert found.meta("og:title") == HOSTILE


def test_who_arrives_goes_to_the_hotel_afterwards() -> None:
    hotel = item("Hotel", kind="lodging", start="2027-03-26", end="2027-03-28", place=PORTO)
    train = timed("Train", "2027-03-26T09:00", "2027-03-26T09:00", kind="train", place=LISBON, end_place=PORTO)
    found = trip_stops.visits(plan(day("2027-03-26", hotel, train)))
    assert [(visit.name, bool(visit.leg)) for visit in found] == [("Lisbon", False), ("Porto", True), ("Porto", False)]
    assert found[1].leg is not None
    assert not found[1].leg.by_air


def test_ideas_are_on_the_map_and_not_on_the_way() -> None:
    idea = timed("Porto", "2027-03-26T12:00", "2027-03-26T12:00", place=PORTO, status="idea")
    some_day = item("Some day", place=PORTO)
    nowhere = timed("Call", "2027-03-26T13:00", "2027-03-26T13:00", place=Place(name="A place of no coordinates"))
    walk = timed("Walk", "2027-03-26T09:00", "2027-03-26T09:00", place=LISBON)
    fly = timed("Fly", "2027-03-27T09:00", "2027-03-27T09:00", kind="flight", place=LISBON, end_place=KYOTO)
    found = trip_stops.visits(plan(day("2027-03-26", walk, idea, nowhere), day("2027-03-27", fly), day(None, some_day)))
    assert [(visit.name, visit.leg and visit.leg.by_air) for visit in found] == [
        ("Lisbon", None), ("Porto", None), ("Lisbon", None), ("Kyoto", True), ("Porto", None),
    ]  # fmt: skip


@pytest.mark.parametrize("items", [20, 1000])
def test_a_page_grows_with_what_is_in_it_and_no_more(items: int) -> None:
    rows = [
        timed(f"Tea {i}", "2027-03-31T14:00", "2027-03-31T05:00", place=msgspec.structs.replace(KYOTO, lat=i / 20.0))
        for i in range(items)
    ]
    page = trip_page.page(plan(day("2027-03-31", *rows)), url=URL, base="", calendar=None, listed=False)
    assert len(page) < 60_000 + items * 1000
