"""A trip of two weeks through six countries with four currencies, and all that was worked out of it by hand.

Clocks go forward in Europe on 28 March 2027: in London 01:30 does not exist that night, and the train to Paris runs in
summer time.
"""

from typing import Any, Final

PLAN: Final = {
    "title": "Half way around", "destination": "Kyoto", "start_date": "2027-03-26", "end_date": "2027-04-08",
    "budget": "3500.00", "currency": "EUR",
}  # fmt: skip
RATES: Final = [("EUR", "GBP", "0.85"), ("EUR", "JPY", "160"), ("EUR", "KRW", "1500")]


def _item(
    title: str, kind: str, start: str, end: str | None, where: str, cost: str = "", **fields: str
) -> dict[str, Any]:
    here, _, there = where.partition(" → ")
    found: dict[str, Any] = {"title": title, "kind": kind, "start": start, "place": {"name": here}, **fields}
    if end:
        found["end"] = end
    if there:
        found["end_place"] = {"name": there}
    if cost:
        found["cost"], found["currency"] = cost.split()
    return found


BOOKED: Final = {"status": "booked", "booking_reference": "QX7F2K"}
#: Not in the order in which they are lived through.
ITEMS: Final = [
    _item("Home again", "lodging", "2027-04-07", "2027-04-08", "Lisbon"),
    _item("To Lisbon", "flight", "2027-04-07T17:00", "2027-04-07T17:20", "MAD → LIS", "90 EUR", **BOOKED),
    _item("To Madrid", "flight", "2027-04-07T10:00", "2027-04-07T16:30", "ICN → MAD", "800 EUR", **BOOKED),
    _item("Barbecue", "food", "2027-04-04T19:00", "2027-04-04T21:00", "Seoul", "80000 KRW", status="idea"),
    _item("Hanok", "lodging", "2027-04-03", "2027-04-06", "Seoul", "200000 KRW"),
    _item("To Seoul", "flight", "2027-04-03T12:00", "2027-04-03T13:50", "KIX → ICN", "25000 JPY", **BOOKED),
    _item("Temple", "activity", "2027-04-01T15:00", "2027-04-01T16:00", "Kyoto"),
    _item("Tea", "activity", "2027-04-01T14:00", "2027-04-01T15:30", "Kyoto", "4000 JPY"),
    _item("Ryokan", "lodging", "2027-03-31", "2027-04-03", "Kyoto", "60000 JPY", **BOOKED),
    _item("Shinkansen", "train", "2027-03-31T11:03", "2027-03-31T13:18", "Tokyo → Kyoto", "14170 JPY", status="done"),
    _item("To Tokyo", "flight", "2027-03-30T13:25", "2027-03-31T08:55", "CDG → HND", "900 EUR", status="booked"),
    _item("Hotel", "lodging", "2027-03-28", "2027-03-30", "Paris", "240 EUR", **BOOKED),
    _item("Eurostar", "train", "2027-03-28T10:31", "2027-03-28T13:47", "London → Paris", "150 GBP", **BOOKED),
    _item("Club", "activity", "2027-03-28T01:30", None, "London"),
    _item("Pub", "food", "2027-03-27T19:00", "2027-03-27T21:00", "London", "60 GBP", status="done"),
    _item("Inn", "lodging", "2027-03-26", "2027-03-28", "London", "300 GBP", **BOOKED),
    _item("To London", "flight", "2027-03-26T09:00", "2027-03-26T11:40", "LIS → LHR", "120 EUR", **BOOKED),
]

#: Number of the day, title, start and end as instants, minutes from one to the other.
TIMELINE: Final = [
    (1, "Inn", None, None, None),
    (1, "To London", "2027-03-26T09:00:00Z", "2027-03-26T11:40:00Z", 160),
    (2, "Pub", "2027-03-27T19:00:00Z", "2027-03-27T21:00:00Z", 120),
    (3, "Hotel", None, None, None),
    (3, "Club", "2027-03-28T01:30:00Z", None, None),
    (3, "Eurostar", "2027-03-28T09:31:00Z", "2027-03-28T11:47:00Z", 136),
    (5, "To Tokyo", "2027-03-30T11:25:00Z", "2027-03-30T23:55:00Z", 750),
    (6, "Ryokan", None, None, None),
    (6, "Shinkansen", "2027-03-31T02:03:00Z", "2027-03-31T04:18:00Z", 135),
    (7, "Tea", "2027-04-01T05:00:00Z", "2027-04-01T06:30:00Z", 90),
    (7, "Temple", "2027-04-01T06:00:00Z", "2027-04-01T07:00:00Z", 60),
    (9, "Hanok", None, None, None),
    (9, "To Seoul", "2027-04-03T03:00:00Z", "2027-04-03T04:50:00Z", 110),
    (10, "Barbecue", "2027-04-04T10:00:00Z", "2027-04-04T12:00:00Z", 120),
    (13, "Home again", None, None, None),
    (13, "To Madrid", "2027-04-07T01:00:00Z", "2027-04-07T14:30:00Z", 810),
    (13, "To Lisbon", "2027-04-07T15:00:00Z", "2027-04-07T16:20:00Z", 80),
]
COUNTRIES: Final = {"PT", "GB", "FR", "JP", "KR", "ES"}

TRAVELLERS: Final = ("Ada", "Bob", "Eve")


def _expense(title: str, day: str, cost: str, paid_by: str, shared_by: str, **fields: str) -> dict[str, Any]:
    """People are written as `Ada Bob=12.50`."""
    amount, currency = cost.split()
    people = {"paid_by": _people(paid_by), "shared_by": _people(shared_by)}
    return {"title": title, "date": day, "amount": amount, "currency": currency, **people, **fields}


def _people(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (each.partition("=") for each in text.split())]


#: `item` is the title of what was paid for: its cost is counted, and not the expense.
EXPENSES: Final = [
    _expense("Tickets", "2027-03-26", "120 EUR", "Ada", "Ada Bob Eve", kind="flight", item="To London"),
    _expense("Round", "2027-03-27", "60 GBP", "Bob", "Ada Bob Eve", kind="food", item="Pub"),
    # Eve stays one night of two.
    _expense("Beds", "2027-03-28", "300 GBP", "Bob=200 Eve=100", "Ada=2 Bob=2 Eve=1", split="shares", item="Inn"),
    _expense("Seats", "2027-03-31", "14170 JPY", "Ada", "Ada Bob Eve", item="Shinkansen"),
    _expense("Rooms", "2027-04-03", "60000 JPY", "Eve", "Ada=25000 Bob=25000 Eve=10000", split="exact", item="Ryokan"),
    _expense("Souvenirs", "2027-04-05", "100000 KRW", "Bob", "Ada Eve"),
    _expense("Taxi", "2027-04-08", "10 EUR", "Ada", "Ada Bob Eve", kind="car"),
    _expense("Back to Ada", "2027-04-08", "30 EUR", "Bob", "Ada", kind="repayment"),
]

#: By currency: what each has paid, their share, and what they are owed.
ACCOUNTS: Final = {
    # Ada paid 120 and 10, and has a share of 40, of 3.34 and of the 30 that Bob gave back.
    "EUR": {
        "Ada": ("130.00", "73.34", "56.66"), "Bob": ("30.00", "43.33", "-13.33"), "Eve": ("0.00", "43.33", "-43.33"),
    },
    # The round is 20 for each. Of the beds a fifth is 60, and two are 120.
    "GBP": {
        "Ada": ("0.00", "140.00", "-140.00"), "Bob": ("260.00", "140.00", "120.00"),
        "Eve": ("100.00", "80.00", "20.00"),
    },
    # A third of the seats is 4723.33: the yen that is left over is Ada's, who stands first.
    "JPY": {
        "Ada": ("14170", "29724", "-15554"), "Bob": ("0", "29723", "-29723"), "Eve": ("60000", "14723", "45277"),
    },
    # Bob has no share in his presents.
    "KRW": {
        "Ada": ("0", "50000", "-50000"), "Bob": ("100000", "0", "100000"), "Eve": ("0", "50000", "-50000"),
    },
}  # fmt: skip
TRANSFERS: Final = {
    "EUR": ["Eve Ada 43.33", "Bob Ada 13.33"],
    "GBP": ["Ada Bob 120.00", "Ada Eve 20.00"],
    "JPY": ["Bob Eve 29723", "Ada Eve 15554"],
    "KRW": ["Ada Bob 50000", "Eve Bob 50000"],
}
# In euros, to four decimals:
# Ada   56.66 - 164.7059 (140 GBP) -  97.2125 (15554 JPY) - 33.3333 (50000 KRW)  = -238.5917
# Bob  -13.33 + 141.1765 (120 GBP) - 185.7688 (29723 JPY) + 66.6667 (100000 KRW) =    8.7444
# Eve  -43.33 +  23.5294 (20 GBP)  + 282.9813 (45277 JPY) - 33.3333 (50000 KRW)  =  229.8473
# Rounded down they are -238.60, 8.74 and 229.84, and 2 cents short of 0. Those are for Ada (0.83 of a cent lost) and
# Eve (0.73 lost), before Bob (0.44 lost).
BALANCES: Final = {"Ada": "-238.59", "Bob": "8.74", "Eve": "229.85"}
SETTLED: Final = ["Ada Eve 229.85", "Ada Bob 8.74"]

# 60 GBP were 70.59 EUR and 14170 JPY were 88.56 EUR when they were paid. The rest: 450 GBP are 529.41 EUR,
# 89000 JPY are 556.25 EUR, 200000 KRW are 133.33 EUR. Items come to 3528.14 EUR, of which 3369.81 are spent. The taxi
# and the souvenirs are for no item: 10 EUR and 100000 KRW, which are 66.67 EUR (and with the others, 200.00 EUR).
TOTALS: Final = {
    "total": ({"EUR": "2160.00", "GBP": "510.00", "JPY": "103170", "KRW": "300000"}, "3604.81"),
    "planned": ({"JPY": "4000", "KRW": "200000"}, "158.33"),
    "spent": ({"EUR": "2160.00", "GBP": "510.00", "JPY": "99170", "KRW": "100000"}, "3446.48"),
    "expenses": ({"EUR": "10.00", "KRW": "100000"}, "76.67"),
}
KINDS: Final = {
    "flight": "2066.25", "train": "265.03", "car": "10.00", "lodging": "1101.27", "food": "70.59",
    "activity": "25.00", "other": "66.67",
}  # fmt: skip
REMAINING: Final = "-104.81"

#: Code, and the titles of the items.
FINDINGS: Final = {
    ("overlap", ("Tea", "Temple")),
    ("short-connection", ("To Madrid", "To Lisbon")),
    ("night-without-lodging", ()),
    ("no-reference", ("To Tokyo",)),
    ("irregular-time", ("Club",)),
    ("over-budget", ()),
}


def numbered(expense: dict[str, Any], travellers: dict[str, int], items: dict[str, int]) -> dict[str, Any]:
    """An expense as JSON, with the numbers of travellers and items."""
    value = "weight" if expense.get("split") == "shares" else "amount"
    fields = {name: of for name, of in expense.items() if name != "item"}
    for field, name in (("paid_by", "amount"), ("shared_by", value)):
        fields[field] = [{"traveller_id": travellers[who], **({name: of} if of else {})} for who, of in expense[field]]
    return fields | ({"item_id": items[expense["item"]]} if "item" in expense else {})


def _shown(transfers: list[dict[str, Any]]) -> list[str]:
    return [f"{each['payer']} {each['payee']} {each['amount']}" for each in transfers]


def check(
    items: list[dict[str, Any]], totals: dict[str, Any], checked: dict[str, Any], balances: dict[str, Any]
) -> None:
    """What came back, as JSON, is what was worked out."""
    shown = [
        (each["day"], each["title"], each["start_at"], each["end_at"], each["duration"] and each["duration"] // 60)
        for each in items
    ]
    assert shown == [line if line[2] and line[3] else (*line[:2], *line[2:4], None) for line in TIMELINE]
    places = [place for each in items for place in (each["place"], each["end_place"]) if place]
    assert {place["country"] for place in places} == COUNTRIES
    assert {name: (totals[name]["by_currency"], totals[name]["amount"]) for name in TOTALS} == TOTALS
    assert {name: each["amount"] for name, each in totals["by_kind"].items()} == KINDS
    assert totals["remaining"] == REMAINING
    assert {
        code: {each["name"]: (each["paid"], each["share"], each["balance"]) for each in of["accounts"]}
        for code, of in balances["by_currency"].items()
    } == ACCOUNTS
    assert {code: _shown(of["transfers"]) for code, of in balances["by_currency"].items()} == TRANSFERS
    assert {each["name"]: each["balance"] for each in balances["total"]["balances"]} == BALANCES
    assert _shown(balances["total"]["transfers"]) == SETTLED
    titles = {each["id"]: each["title"] for each in items}
    found = {(each["code"], tuple(titles[number] for number in each["items"])) for each in checked["findings"]}
    assert found == FINDINGS
    night = next(each for each in checked["findings"] if each["code"] == "night-without-lodging")
    assert "the night of 2027-04-06" in night["message"]
