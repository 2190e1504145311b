"""How long searches take among many plans, against few; on SQLite and on Postgres.

    .venv/bin/python -m bench.search [--plans 1000,100000] [--databases sqlite,postgres] [--rounds 30]

Each plan has ten items. One person has nine tenths of all plans, and each of the others has a hundred. Both search.
Shown is the least time of a page of 20, asked of a server over HTTP, and what it is times that
among the fewest plans. The bound is 5 times; beyond it the exit code is 1.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from tests.live import PASSWORD, LiveServer
from tests.postgres import PostgresServer

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import load
from tripkit.database import SqliteEngine
from tripkit.models import User
from tripkit.schemas.users import Client, SignupIn

MOST_TIMES = 5
ITEMS = 10
BATCH = 1000
NOW = datetime(2027, 1, 1, tzinfo=UTC)
#: What is searched for, and what it is.
QUERIES: dict[str, dict[str, str]] = {
    "a tenth, a beginning": {"q": "serendipity1"},
    "a single plan, or none": {"q": "serendipity1x"},
    "one plan in 99": {"q": "rare"},
    "half of all": {"q": "museum"},
    "all, a beginning": {"q": "a"},
    "all, two words": {"q": "and amble"},
    "nothing": {"q": "nowhere"},
    "two that never meet": {"q": "rare nowhere"},
    "all, of a status that all have": {"q": "a", "status": "draft"},
    "half of all, in a tenth of the time": {"q": "museum", "from": "2027-06-01", "to": "2027-08-10"},
    "all, with a tag that none has": {"q": "a", "tag": "nowhere"},
    "all, in a country where none is": {"q": "a", "country": "FR"},
    "all, before anything begins": {"q": "a", "to": "2020-01-01"},
}
WORDS = (
    "alley", "arrive", "bridge", "bakery", "coffee", "castle", "dinner", "museum", "garden", "harbour", "island",
    "jungle", "kayak", "lunch", "market", "night", "old", "palace", "quay", "river", "station", "temple", "tower",
    "village", "walk", "train", "boat", "ramen", "tapas", "京都", "東京",
)  # fmt: skip
TOWNS = ("Kyoto", "Lisbon", "Porto", "Málaga", "Łódź", "Paris", "Tokyo", "Oslo", "Bergen", "Hanoi", "Lima", "Quito")


def texts(random: random.Random, number: int) -> tuple[str, str, str]:
    """The title, destination and description of a plan."""
    town = random.choice(TOWNS)
    title = f"{town} {random.choice(WORDS)} {'rare' if number % 99 == 0 else 'usual'}"
    return title, town, f"and amble {' '.join(random.choices(WORDS, k=25))} serendipity{number}x"


def fill(tripkit: Tripkit, plans: int, owners: list[int]) -> None:
    """Write plans and items as quickly as may be: what takes them into the index is the program's own way."""
    db, chance = tripkit.db.database, random.Random(plans)
    place = "?" if tripkit.db.dialect == "sqlite" else "%s"

    def insert(table: str, rows: list[dict[str, Any]]) -> None:
        columns = list(rows[0])
        names, places = ", ".join(columns), ", ".join([place] * len(columns))
        cursor = db.connection().cursor()
        bind = tripkit.db.bind
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({places})",
            [[bind(row[name]) for name in columns] for row in rows],
        )

    for first in range(1, plans + 1, BATCH):
        numbers = range(first, min(first + BATCH, plans + 1))
        tripkit.db.unit(lambda numbers=numbers: write(insert, chance, numbers, owners))


def write(insert: Any, chance: random.Random, numbers: range, owners: list[int]) -> None:
    stamps = {"created_at": NOW, "updated_at": NOW, "version": 1}
    plans, items = [], []
    for number in numbers:
        title, destination, description = texts(chance, number)
        day = date(2027, 1, 1) + timedelta(chance.randrange(700))
        others = owners[1:]
        owner = owners[0] if number % 10 else others[number // 10 % len(others)]
        mine = {"id": number, "owner_id": owner, "title": title, "destination": destination}
        plans.append(stamps | mine | {"description": description, "start_date": day})
        for place in range(ITEMS):
            start = day + timedelta(place)
            item = {"uid": f"{number}-{place}", "plan_id": number, "kind": "activity", "status": "planned"}
            item |= {"title": f"and amble {chance.choice(WORDS)} {chance.choice(TOWNS)}", "position": float(place)}
            item |= {"notes": " ".join(chance.choices(WORDS, k=8)), "place_name": destination, "place_address": ""}
            item |= {"end_place_name": "", "end_place_address": "", "booking_reference": ""}
            items.append(stamps | item | {"start_date": start, "end_date": start})
    insert("plans", plans)
    insert("items", items)


@contextlib.contextmanager
def world(home: Path, url: str) -> Iterator[Tripkit]:
    settings = load(env={}, cwd=home, overrides={"data_dir": str(home), "database.url": url}).settings
    tripkit = open_tripkit(settings)
    tripkit.upgrade_database()
    if isinstance(tripkit.db, SqliteEngine):
        tripkit.db.checkpoint_here()  # as the server does
    yield tripkit
    tripkit.close()


def people(tripkit: Tripkit, count: int) -> tuple[list[int], list[str]]:
    """New accounts, and the tokens of the first two."""
    signed_in = []
    for name in ("p0", "p1"):
        form = SignupIn(email=f"{name}@example.org", username=name, password=PASSWORD, password_confirm=PASSWORD)
        signed_in.append(tripkit.accounts.sign_up(form, Client("127.0.0.1", "bench")))
    found = [each.user.id for each in signed_in]
    for number in range(2, count):
        fields = {"email": f"p{number}@example.org", "username": f"p{number}", "date_joined": NOW}
        fields |= {"email_key": fields["email"], "username_key": fields["username"], "first_name": "", "last_name": ""}
        with tripkit.db.database.bind_ctx([User]):
            found.append(User.insert(is_active=True, is_verified=True, is_admin=False, **fields).execute())
    return found, [each.tokens.access for each in signed_in]


def measure(client: httpx2.Client, token: str, rounds: int) -> dict[str, float]:
    """The least time of each query, in milliseconds: other programs disturb it little."""
    client.headers["Authorization"] = f"Bearer {token}"
    found = {}
    for name, query in QUERIES.items():
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            answer = client.get("/api/search/", params=query)
            times.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
        found[name] = min(times) * 1000
    return found


def run(home: Path, url: str, plans: int, rounds: int) -> dict[str, float]:
    with world(home, url) as tripkit:
        began = time.perf_counter()
        owned, tokens = people(tripkit, 1 + max(1, plans // 1000))
        fill(tripkit, plans, owned)
        print(f"  written within {time.perf_counter() - began:.1f} s", flush=True)
        began = time.perf_counter()
        count = sum(tripkit.search_index.catch_up_all())
        took = time.perf_counter() - began
        print(f"  {count} plans taken in within {took:.1f} s, {took / plans / (ITEMS + 1) * 1e6:.0f} µs a document")
        if tripkit.db.dialect == "postgres":
            tripkit.db.execute("VACUUM ANALYZE")  # as Postgres does by itself within a minute
    server = LiveServer(home, TRIPKIT_DATABASE__URL=url, TRIPKIT_SECURITY__ACCESS_LIFETIME="86400").start()
    try:
        with server.client() as client:
            return {
                f"{who}, {query}": took
                for who, token in zip(("with nearly all", "with 100 plans"), tokens, strict=True)
                for query, took in measure(client, token, rounds).items()
            }
    finally:
        server.stop()


@contextlib.contextmanager
def database(name: str, home: Path) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{home / 'bench.sqlite3'}"
        return
    server = PostgresServer().start()
    try:
        with server.database() as url:
            yield url
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", default="1000,100000")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    sizes = [int(each) for each in options.plans.split(",")]
    worst = 0.0
    for name in options.databases.split(","):
        least: dict[str, float] = {}
        for plans in sizes:
            print(f"{name}, {plans} plans", flush=True)
            with tempfile.TemporaryDirectory() as directory, database(name, Path(directory)) as url:
                found = run(Path(directory), url, plans, options.rounds)
            least = least or found
            for query, took in found.items():
                times = took / least[query]
                worst = max(worst, times)
                print(f"    {query:40} {took:8.2f} ms  {times:5.1f} times", flush=True)
    return int(worst > MOST_TIMES)


if __name__ == "__main__":
    sys.exit(main())
