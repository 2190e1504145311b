"""The audit trail: what it holds, and that whatever is done to it in the database is found."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.database import SqliteEngine
from tripkit.models import AuditEvent
from tripkit.schemas.audit import AuditCheck, AuditQuery
from tripkit.schemas.users import Actor, Client
from tripkit.services import audit_trail
from tripkit.services.audit import Event
from tripkit.services.policy import OPERATOR

from ..conftest import FakeClock

Tamper = Callable[..., None]


def record(tripkit: Tripkit, count: int = 1, **details: Any) -> None:
    for number in range(count):
        tripkit.audit.record(Event.LOGGED_IN, None, subject=7, client=Client("192.0.2.1"), number=number, **details)


def verified(tripkit: Tripkit) -> AuditCheck:
    return tripkit.audit_trail.verify(OPERATOR)


@pytest.fixture
def tamper(tripkit: Tripkit) -> Tamper:
    """Change the database as whoever owns it can: past the guard of the table."""
    if isinstance(tripkit.db, SqliteEngine):
        for change in ("update", "delete"):
            tripkit.db.execute(f"DROP TRIGGER audit_events_{change}")
    else:
        tripkit.db.execute("ALTER TABLE audit_events DISABLE TRIGGER USER")

    def run(sql: str) -> None:
        tripkit.db.unit(lambda: tripkit.db.execute(sql))

    yield run  # type: ignore[misc]
    if not isinstance(tripkit.db, SqliteEngine):
        tripkit.db.execute("ALTER TABLE audit_events ENABLE TRIGGER USER")


# --- what it holds --------------------------------------------------------------------------------------------------


def test_pages_are_newest_first_and_hold_each_row_once(tripkit: Tripkit) -> None:
    record(tripkit, 5)
    seen, cursor = [], None
    while True:
        page = tripkit.audit_trail.page(OPERATOR, AuditQuery(limit=2, cursor=cursor))
        seen += [entry.id for entry in page.results]
        if (cursor := page.cursor) is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_filters_say_who_what_and_since_when(tripkit: Tripkit, ada: Actor, bob: Actor, clock: FakeClock) -> None:
    start = clock.now
    clock.advance(hours=1)
    tripkit.administration.set_active(OPERATOR, bob.user_id, active=False)

    def found(**query: Any) -> list[tuple[str, int | None]]:
        pages = tripkit.audit_trail.page(OPERATOR, AuditQuery(**query)).results
        rows = list(tripkit.audit_trail.each(OPERATOR, AuditQuery(**query)))
        assert [row.id for row in rows] == [entry.id for entry in reversed(pages)]
        return [(entry.event, entry.subject) for entry in pages]

    ada_signed_up, bob_signed_up = (("user.signed_up", each.user_id) for each in (ada, bob))
    bob_disabled = ("user.disabled", bob.user_id)
    assert found() == [bob_disabled, bob_signed_up, ada_signed_up]
    assert found(user=ada.user_id) == [ada_signed_up]
    assert found(user=bob.user_id) == [bob_disabled, bob_signed_up]
    assert found(user=0) == [bob_disabled]
    assert found(event="user.signed_up") == [bob_signed_up, ada_signed_up]
    assert found(since=start + timedelta(seconds=1)) == [bob_disabled]
    assert found(since=start) == [bob_disabled, bob_signed_up, ada_signed_up]
    assert found(user=bob.user_id, event="user.disabled", since=clock.now) == [bob_disabled]
    assert found(event="user.enabled") == []


def test_a_unit_that_is_undone_leaves_no_row_and_no_gap(tripkit: Tripkit) -> None:
    record(tripkit)

    def undone() -> None:
        record(tripkit)
        raise ValueError

    with pytest.raises(ValueError):
        tripkit.db.unit(undone)
    record(tripkit)
    assert [row.id for row in tripkit.audit_trail.each(OPERATOR, AuditQuery())] == [1, 2]
    assert verified(tripkit) == AuditCheck(True, 2)


def test_rows_that_are_recorded_at_once_form_one_chain(tripkit: Tripkit, in_threads: Any) -> None:
    outcomes = in_threads(16, lambda: record(tripkit, 3), tripkit)
    assert outcomes == [None] * 16
    assert verified(tripkit) == AuditCheck(True, 48)


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_what_is_recorded_is_verified(tripkit: Tripkit, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(audit_trail, "BATCH", batch)
    assert verified(tripkit) == AuditCheck(True, 0)
    record(tripkit, 6, text="Zoë \U0001f600 \"'\\ \n")
    assert verified(tripkit) == AuditCheck(True, 6)
    assert len(list(tripkit.audit_trail.each(OPERATOR, AuditQuery()))) == 6


def test_what_is_recorded_during_a_check_is_checked_too(tripkit: Tripkit, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tripkit, 4)
    monkeypatch.setattr(audit_trail, "BATCH", 2)
    find = tripkit.audit_trail._keys.find
    late = iter([2, 0, 1, 0, 0, 1])

    def find_slowly(purpose: str, kid: str) -> bytes | None:
        record(tripkit, next(late, 0))
        return find(purpose, kid)

    monkeypatch.setattr(tripkit.audit_trail._keys, "find", find_slowly)
    assert verified(tripkit) == AuditCheck(True, 8)


# --- tampering ------------------------------------------------------------------------------------------------------

#: For each column, what it is changed to.
CHANGES = {
    "id": "77",
    "at": "'2027-04-01T09:30:00.123457Z'",
    "event": "'session.ended'",
    "refused": "'no'",
    "actor": "8",
    "subject": "NULL",
    "via": "'session 1'",
    "client": "'192.0.2.2'",
    "request": "'x'",
    "details": """'{"number": 1}'""",
    "key": "'0123456789abcdef'",
    "mac": "'" + "0" * 64 + "'",
}


def test_every_column_is_tried() -> None:
    assert CHANGES.keys() == AuditEvent._meta.fields.keys()


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("row", [1, 3, 5])
def test_a_change_of_any_column_is_found_and_the_row_is_named(
    tripkit: Tripkit, tamper: Tamper, column: str, row: int
) -> None:
    record(tripkit, 5)
    tamper(f"UPDATE audit_events SET {column} = {CHANGES[column]} WHERE id = {row}")
    found = verified(tripkit)
    assert (found.ok, found.rows) == (False, row - 1)
    assert found.problem
    assert f"Row {row} " in found.problem


@pytest.mark.parametrize("row", [1, 3, 5])
def test_a_row_that_was_taken_out_is_missed(tripkit: Tripkit, tamper: Tamper, row: int) -> None:
    record(tripkit, 5)
    tamper(f"DELETE FROM audit_events WHERE id = {row}")
    found = verified(tripkit)
    assert (found.ok, found.rows) == (False, row - 1)
    assert found.problem
    assert f"Row {row} is missing" in found.problem


def test_a_gap_that_was_closed_is_found(tripkit: Tripkit, tamper: Tamper) -> None:
    record(tripkit, 5)
    tamper("DELETE FROM audit_events WHERE id = 2")
    for row in (3, 4, 5):
        tamper(f"UPDATE audit_events SET id = {row - 1} WHERE id = {row}")
    tamper("UPDATE audit_head SET last = 4")
    assert not verified(tripkit).ok
    assert verified(tripkit).rows == 1


def test_rows_that_changed_places_are_found(tripkit: Tripkit, tamper: Tamper) -> None:
    record(tripkit, 5)
    for was, becomes in ((2, 99), (4, 2), (99, 4)):
        tamper(f"UPDATE audit_events SET id = {becomes} WHERE id = {was}")
    assert verified(tripkit).rows == 1


MENDED = "UPDATE audit_head SET last = {left}, mac = (SELECT mac FROM audit_events WHERE id = {left})"


@pytest.mark.parametrize("left", [0, 1, 4])
def test_a_tail_that_was_cut_off_is_missed(tripkit: Tripkit, tamper: Tamper, left: int) -> None:
    record(tripkit, 5)
    tamper(f"DELETE FROM audit_events WHERE id > {left}")
    problem = f"Row {left + 1} is missing, and all after it: the last one was 5."
    assert verified(tripkit) == AuditCheck(False, left, problem)


@pytest.mark.parametrize("left", [1, 4])
@pytest.mark.parametrize("head", [MENDED, "DELETE FROM audit_head"])
def test_a_tail_that_was_cut_off_is_missed_whatever_is_done_to_the_head(
    tripkit: Tripkit, tamper: Tamper, left: int, head: str
) -> None:
    record(tripkit, 5)
    tamper(f"DELETE FROM audit_events WHERE id > {left}")
    tamper(head.format(left=left))
    assert (verified(tripkit).ok, verified(tripkit).rows) == (False, left)


def test_a_trail_that_was_thrown_away_whole_is_an_empty_one(tripkit: Tripkit, tamper: Tamper) -> None:
    record(tripkit, 5)
    tamper("DELETE FROM audit_events")
    tamper("DELETE FROM audit_head")
    assert verified(tripkit) == AuditCheck(True, 0), "which the number of rows shows, and the documentation says"


@pytest.mark.parametrize("change", ["last = 3", "last = 6", "last = -1", "mac = ''", "mac = '0'", "id = 2"])
def test_a_head_that_was_changed_is_found(tripkit: Tripkit, tamper: Tamper, change: str) -> None:
    record(tripkit, 5)
    tamper(f"UPDATE audit_head SET {change}")
    found = verified(tripkit)
    assert (found.ok, found.rows) == (False, 5)
    assert found.problem


def test_a_row_that_somebody_added_is_found(tripkit: Tripkit, tamper: Tamper) -> None:
    record(tripkit, 2)
    columns = ", ".join(name for name in CHANGES if name != "id")
    tamper(f"INSERT INTO audit_events (id, {columns}) SELECT 3, {columns} FROM audit_events WHERE id = 2")
    assert verified(tripkit).problem == "Row 3 was changed, or is not the one that was recorded."


@pytest.mark.parametrize("column", ["at", "details", "actor", "mac"])
def test_a_row_that_holds_nonsense_is_named_all_the_same(tripkit: Tripkit, tamper: Tamper, column: str) -> None:
    record(tripkit, 5)
    if isinstance(tripkit.db, SqliteEngine):  # takes any value in any column
        tamper(f"UPDATE audit_events SET {column} = x'ff00' WHERE id = 3")
    else:
        tamper(f"UPDATE audit_events SET {column} = {CHANGES[column]} WHERE id = 3")
    found = verified(tripkit)
    assert (found.ok, found.rows) == (False, 2)
    assert found.problem
    assert "Row 3 " in found.problem


@pytest.mark.parametrize("change", ["UPDATE audit_events SET refused = 'x'", "DELETE FROM audit_events"])
def test_the_table_takes_no_changes(tripkit: Tripkit, change: str) -> None:
    record(tripkit, 2)
    with pytest.raises(Exception, match="append-only"):
        tripkit.db.unit(lambda: tripkit.db.execute(change))
    assert verified(tripkit) == AuditCheck(True, 2)


# --- keys -----------------------------------------------------------------------------------------------------------

OLD, NEW = "an old key that is long enough, 32", "a new key that is long enough, too"


@pytest.fixture
def with_keys(settings: Settings, tripkit: Tripkit, clock: FakeClock) -> Any:
    """The same instance with other keys: `with_keys("current", "previous")`."""
    opened = []

    def open_with(current: str, *previous: str) -> Tripkit:
        security = msgspec.structs.replace(settings.security, secret_key=current, previous_keys=previous)
        opened.append(open_tripkit(msgspec.structs.replace(settings, security=security), clock=clock))
        return opened[-1]

    yield open_with
    for each in opened:
        each.close()


def test_rows_of_a_previous_key_are_verified_and_new_ones_follow_them(with_keys: Any) -> None:
    record(with_keys(OLD), 2)
    after = with_keys(NEW, OLD)
    assert verified(after) == AuditCheck(True, 2)
    record(after, 2)
    assert verified(after) == AuditCheck(True, 4)


def test_a_key_that_is_not_known_is_said_plainly(with_keys: Any) -> None:
    record(with_keys(OLD), 2)
    without = with_keys(NEW)
    record(without)
    found = verified(without)
    assert (found.ok, found.rows) == (False, 0)
    assert found.problem
    assert "Row 1 was sealed with a key that is not known here" in found.problem
    assert "security.previous_keys" in found.problem
    assert OLD not in found.problem


def test_another_key_under_a_known_id_does_not_pass(with_keys: Any, tamper: Tamper) -> None:
    record(with_keys(OLD), 1)
    record(with_keys(NEW, OLD), 1)
    tamper("UPDATE audit_events SET key = (SELECT key FROM audit_events WHERE id = 2) WHERE id = 1")
    assert verified(with_keys(NEW, OLD)).rows == 0


def test_an_export_holds_all_that_a_check_needs(tripkit: Tripkit) -> None:
    record(tripkit, 1)
    (row,) = tripkit.audit_trail.each(OPERATOR, AuditQuery())
    found = json.loads(msgspec.json.encode(row))
    assert found.keys() == AuditEvent._meta.fields.keys()
    assert len(found["mac"]) == 64
