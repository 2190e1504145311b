import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tripkit.schemas.users import Client
from tripkit.services.audit import Event
from tripkit.services.policy import OPERATOR


@pytest.fixture
def trail(tripkit, ada, person):
    """Four rows: two accounts were made, one was promoted, and a login to it was refused."""
    bob = person("bob")
    tripkit.administration.set_admin(OPERATOR, bob.id, admin=True)
    where = Client("192.0.2.7", "", "request-7")
    tripkit.audit.record(Event.LOGGED_IN, None, subject=bob.id, client=where, refused="wrong password")


def numbers(done):
    return [int(line.split("\t")[0]) for line in done.stdout.splitlines()]


def tamper(tripkit, sql):
    for change in ("update", "delete"):
        tripkit.db.execute(f"DROP TRIGGER audit_events_{change}")
    tripkit.db.execute(sql)


def test_list_is_tab_separated_in_a_pipe_and_an_array_in_json(run, trail):
    done = run("audit", "list")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [[row[0], *row[2:]] for row in rows] == [
        ["4", "session.started", "wrong password", "", "2", "", "192.0.2.7", "request-7", "{}"],
        ["3", "user.promoted", "", "0", "2", "command line", "", "", "{}"],
        ["2", "user.created", "", "0", "2", "command line", "", "", '{"admin":false}'],
        ["1", "user.created", "", "0", "1", "command line", "", "", '{"admin":false}'],
    ]
    found = json.loads(run("audit", "list", "--limit", "1", "--json").stdout)
    assert [(row["id"], row["event"], row["details"]) for row in found] == [(4, "session.started", {})]


def test_list_is_a_table_on_a_terminal(run, trail, terminal):
    header, first, second, *_ = run("audit", "list").stdout.splitlines()
    assert header.split() == ["#", "When", "Event", "Refused", "By", "About"]
    assert first.split()[3:] == ["session.started", "wrong", "password", "2"]
    assert second.split()[3:] == ["user.promoted", "operator", "2"]


def test_filters_say_who_what_and_since_when(run, trail):
    assert numbers(run("audit", "list", "--who", "ada")) == [1]
    assert numbers(run("audit", "list", "--who", "bob@example.org")) == [4, 3, 2]
    assert numbers(run("audit", "list", "--who", "0")) == [3, 2, 1]
    assert numbers(run("audit", "list", "--event", "user.created")) == [2, 1]
    assert numbers(run("audit", "list", "--who", "2", "--event", "user.created", "--limit", "5")) == [2]
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    assert numbers(run("audit", "list", "--since", tomorrow.isoformat())) == []
    assert numbers(run("audit", "list", "--since", tomorrow.date().isoformat())) == []
    assert numbers(run("audit", "list", "--since", "2020-01-01")) == [4, 3, 2, 1]


def test_whoever_is_gone_is_named_by_number(run, trail, person):
    person("root", is_admin=True)
    run("user", "delete", "bob", "--yes")
    assert run("audit", "list", "--who", "bob").exit_code == 3
    assert numbers(run("audit", "list", "--who", "2"))[0] == 6
    assert "bob" not in run("audit", "export").stdout


@pytest.mark.parametrize("since", ["yesterday", "2027-13-01", "2027-04-01T09:30:00", "2027-04-01x", ""])
def test_a_time_that_cannot_be_read_is_a_usage_error(run, trail, since):
    done = run("audit", "list", "--since", since)
    assert (done.exit_code, done.stderr.startswith("--since: must be a date like")) == (2, True)


def test_verify_says_how_many_rows_are_as_they_were(run, trail):
    assert (run("audit", "verify").stdout, run("audit", "verify").exit_code) == (
        "4 rows, all as they were recorded.\n",
        0,
    )
    assert json.loads(run("audit", "verify", "--json").stdout) == {"ok": True, "rows": 4, "problem": None}


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE audit_events SET subject = 1 WHERE id = 3", "Row 3 was changed"),
        ("DELETE FROM audit_events WHERE id = 3", "Row 3 is missing"),
        ("DELETE FROM audit_events WHERE id > 2", "Row 3 is missing, and all after it"),
    ],
)
def test_verify_names_the_first_row_that_is_not_and_exits_6(run, trail, tripkit, sql, says):
    tamper(tripkit, sql)
    done = run("audit", "verify")
    assert (done.exit_code, done.stdout) == (6, "")
    assert says in done.stderr
    assert "The 2 rows before are as they were recorded." in done.stderr
    found = run("audit", "verify", "--json")
    assert found.exit_code == 6
    assert json.loads(found.stdout)["rows"] == 2


def test_a_lost_key_is_said_plainly(run, trail, monkeypatch):
    monkeypatch.setenv("TRIPKIT_SECURITY__SECRET_KEY", "another key that is long enough by far")
    done = run("audit", "verify")
    assert done.exit_code == 6
    assert "Row 1 was sealed with a key that is not known here" in done.stderr
    old = Path(os.environ["TRIPKIT_DATA_DIR"], "secret.key").read_text().strip()
    monkeypatch.setenv("TRIPKIT_SECURITY__PREVIOUS_KEYS", old)
    assert run("audit", "verify").exit_code == 0


def test_export_is_one_object_a_line_oldest_first(run, trail):
    done = run("audit", "export", "--who", "bob")
    assert (done.exit_code, done.stderr) == (0, "Wrote 3 rows.\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [2, 3, 4]
    assert all(len(row["mac"]) == 64 for row in rows)


def test_export_writes_a_new_file_for_its_owner_only(run, trail):
    done = run("audit", "export", "--output", "audit.jsonl", "-q")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "audit.jsonl\n", "")
    assert len(Path("audit.jsonl").read_text().splitlines()) == 4
    assert stat.S_IMODE(Path("audit.jsonl").stat().st_mode) == 0o600
    found = json.loads(run("audit", "export", "--output", "again.jsonl", "--json").stdout)
    assert found == {"path": "again.jsonl", "rows": 4}
    again = run("audit", "export", "--output", "audit.jsonl")
    assert (again.exit_code, again.stderr) == (5, "tripkit: audit.jsonl is there already, and is left as it is.\n")


def test_an_empty_trail_is_nothing_and_in_order(run):
    assert numbers(run("audit", "list", "-q")) == []
    assert run("audit", "verify", "-q").stdout == "0 rows, all as they were recorded.\n"
