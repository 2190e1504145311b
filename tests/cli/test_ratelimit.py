import json
import time
from datetime import UTC, datetime

import pytest

from tripkit.ratelimit import Counter


@pytest.fixture
def ends():
    return time.time() + 3600


@pytest.fixture
def keep(tripkit, ends):
    def keep(counts):
        tripkit.rate_limits.save({name: Counter(name, count, 0, ends) for name, count in counts.items()})

    return keep


@pytest.fixture
def until(ends):
    """When the windows end, as it is printed for programs."""
    return datetime.fromtimestamp(ends, UTC).isoformat().replace("+00:00", "Z")


def test_list_is_tab_separated_in_a_pipe_and_says_what_it_cannot_see(run, keep, until):
    keep({"signup/3600 192.0.2.1": 20, "anonymous/2592000 2001:db8::/64": 3})
    done = run("ratelimit", "list")
    assert done.stdout.splitlines() == [
        f"anonymous\t2001:db8::/64\t3\t10\t2592000\t{until}",
        f"signup\t192.0.2.1\t20\t20\t3600\t{until}",
    ]
    assert "windows of an hour or more" in done.stderr
    assert "up to 10 seconds ago" in done.stderr
    assert run("ratelimit", "list", "--quiet").stderr == ""


def test_list_may_leave_out_what_is_not_used_up(run, keep):
    keep({"signup/3600 192.0.2.1": 20, "signup/3600 192.0.2.2": 19})
    [found] = json.loads(run("ratelimit", "list", "--spent", "--json").stdout)
    assert (found["rule"], found["key"], found["spent"], found["limit"]) == ("signup", "192.0.2.1", 20, 20)


def test_list_is_a_table_on_a_terminal(run, keep, ends, terminal):
    keep({"signup/3600 192.0.2.1": 20, "anonymous/2592000 192.0.2.1": 3})
    header, anonymous, signup = run("ratelimit", "list").stdout.splitlines()
    clock = datetime.fromtimestamp(ends).astimezone().strftime("%Y-%m-%d %H:%M")
    assert header.split() == ["Rule", "Now", "Counted", "for"]
    assert anonymous.split("  ")[1].strip() == f"3 spent of 10 in 30 days, until {clock}"
    assert signup.split("  ")[2].strip() == f"used up: 20 in 1 hour, until {clock}"


def test_an_empty_list_says_so_on_a_terminal(run, terminal):
    assert "Nothing is counted." in run("ratelimit", "list").stderr


def test_explain_says_for_an_address_what_applies_and_what_is_spent(run, keep, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TRIPKIT_RATELIMIT__SHARED", "off")
    monkeypatch.setenv("TRIPKIT_RATELIMIT__SIGNUP", "5/m, 20/h")
    keep({"anonymous/2592000 2001:db8:1:2::/64": 7})
    done = run("ratelimit", "explain", "2001:DB8:1:2::17")
    assert "2001:DB8:1:2::17 counts as 2001:db8:1:2::/64." in done.stderr
    rules = {line.split()[0]: line for line in done.stdout.splitlines()[1:]}
    assert list(rules) == ["anonymous", "login", "login_client", "signup", "share_password", "refusals", "oauth"]
    assert "7 spent of 10 in 30 days, until 20" in rules["anonymous"]
    assert "Reads of the gallery without an account, by client." in rules["anonymous"]
    assert "nothing spent of 20 in 1 hour" in rules["signup"]
    assert "50 in 5 minutes; only the server knows what is spent" in rules["login_client"]


def test_explain_takes_an_email_address_and_answers_in_json(run, keep, until):
    keep({"login_account/3600 ada@example.org": 99})
    found = {each["rule"]: each for each in json.loads(run("ratelimit", "explain", "Ada@Example.org", "--json").stdout)}
    assert found["login_account"] == {
        "rule": "login_account", "key": "ada@example.org", "limit": 100, "seconds": 3600, "spent": 99, "ends_at": until,
    }  # fmt: skip
    assert (found["login"]["spent"], found["login"]["ends_at"]) == (None, None)


def test_explain_in_a_pipe_leaves_empty_what_it_does_not_know(run):
    lines = run("ratelimit", "explain", "192.0.2.1").stdout.splitlines()
    assert "anonymous\t192.0.2.1\t0\t10\t2592000\t" in lines
    assert "login_client\t192.0.2.1\t\t50\t300\t" in lines


def test_what_is_no_address_is_a_usage_error(run, tripkit):
    done = run("ratelimit", "explain", "192.0.2.1.5")
    assert (done.exit_code, done.stderr) == (2, "ADDRESS: is neither an IP address nor an email address.\n")
    assert run("ratelimit", "reset", "").exit_code == 2


def test_reset_deletes_what_is_kept_and_leaves_the_rest_to_the_server(run, tripkit, keep):
    keep({"signup/3600 192.0.2.1": 20, "anonymous/2592000 192.0.2.1": 3, "signup/3600 192.0.2.2": 1})
    done = run("ratelimit", "reset", "192.0.2.1")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "Deleted 2 counters of 192.0.2.1. A server that runs forgets within seconds all that it has in memory of it.\n"
    )
    assert run("ratelimit", "list").stdout.startswith("signup\t192.0.2.2\t1\t")
    assert list(tripkit.rate_limits.resets().values()) == ["192.0.2.1"]


def test_reset_answers_in_json_what_was_deleted(run, keep):
    keep({"signup/3600 2001:db8::/64": 20})
    found = json.loads(run("ratelimit", "reset", "2001:db8::1", "--json", "--quiet").stdout)
    assert found["key"] == "2001:db8::/64"
    assert [each["rule"] for each in found["counters"]] == ["signup"]
