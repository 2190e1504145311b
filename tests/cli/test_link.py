import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tripkit.errors import NotFound, WrongLinkPassword

PASSWORD = "open sesame"
LINK = re.compile(r"http://127\.0\.0\.1:8000/s/([A-Za-z0-9_-]{22})\n")


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto", "--destination", "Japan", "--description", "quiet")


def create(run, *options, **more):
    return run("link", "create", "kyoto", *options, **more)


def test_create_prints_the_link_alone_in_a_pipe(run, kyoto, tripkit):
    done = create(run, "--label", "For Bob", "--hide", "notes,costs")
    assert done.exit_code == 0
    token = LINK.fullmatch(done.stdout)[1]
    assert "Whoever has it reads the plan without costs, notes." in done.stderr
    assert "server.public_url" in done.stderr
    shown = tripkit.link_access.read(token).plan
    assert (shown.title, shown.description, shown.label) == ("Kyoto", "", "For Bob")


def test_the_link_leads_to_the_public_address(run, kyoto, monkeypatch):
    monkeypatch.setenv("TRIPKIT_SERVER__PUBLIC_URL", "https://trips.example.org/tk/")
    monkeypatch.setenv("TRIPKIT_SERVER__FRONTEND_URL", "https://app.example.org")
    done = create(run)
    assert done.stdout.startswith("https://trips.example.org/tk/s/")
    assert "server.public_url" not in done.stderr
    assert create(run, "-q").stderr == ""


def test_create_in_json_has_everything(run, kyoto):
    made = json.loads(create(run, "--json", "--expires", "30d").stdout)
    assert made["url"].endswith(f"/s/{made['token']}")
    assert (made["id"], made["label"], made["redactions"], made["has_password"]) == (1, "", [], False)
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=30) - left < timedelta(minutes=1)
    assert "token" not in json.loads(run("link", "list", "kyoto", "--json").stdout)[0]


def test_a_password_is_piped_in_or_asked_for_and_never_shown(run, kyoto, tripkit, converse):
    token = LINK.fullmatch(create(run, "--password-stdin", input=f"{PASSWORD}\n").stdout)[1]
    assert tripkit.link_access.unlock(token, PASSWORD)
    with pytest.raises(WrongLinkPassword):
        tripkit.link_access.unlock(token, "another one")
    asked = [("Password: ", f"{PASSWORD}\n"), ("The same again: ", f"{PASSWORD}\n")]
    code, screen = converse("link", "create", "kyoto", "--password", answers=asked)
    assert (code, PASSWORD in screen) == (0, False)
    assert [each["has_password"] for each in json.loads(run("link", "list", "kyoto", "--json").stdout)] == [True, True]
    assert create(run, "--password").exit_code == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--expires", "2020-01-01"), "--expires: must be in the future"),
        (("--expires", "soon"), "--expires: must be a time like 12h"),
        (("--expires", "9999-12-31"), "--expires: must be a time like 12h"),
        (("--hide", "costs,prices"), "--hide: item 1 must be one of costs, references, notes, participants"),
        (("--label", "x" * 101), "--label: must have at most 100 characters"),
        (("--label", "two\nlines"), "--label: must be one line"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_typed(run, kyoto, args, said):
    done = create(run, *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said), done.stderr


def test_a_short_password_is_refused_without_showing_it(run, kyoto):
    done = create(run, "--password-stdin", input="1234567\n")
    assert (done.exit_code, done.stderr) == (2, "--password: must have at least 8 characters (it has 7).\n")


def test_links_are_listed(run, kyoto, terminal):
    assert "There is no link to this plan yet" in run("link", "list", "kyoto").stderr
    create(run, "--label", "Bob", "--expires", "2027-05-01" if datetime.now(UTC).year < 2027 else "52w")
    create(run, "--label", "Carol")
    run("link", "edit", "kyoto", 2, "--off")
    header, carol, bob = run("link", "list", "kyoto").stdout.splitlines()
    assert header.split() == ["#", "Label", "State", "Password", "Hidden", "Expires", "Views"]
    assert carol.split() == ["2", "Carol", "off", "no", "never", "0"]
    assert bob.split()[:4] == ["1", "Bob", "on", "no"]


def test_in_a_pipe_each_link_is_a_line(run, kyoto):
    create(run, "--label", "Bob", "--hide", "costs,notes")
    [line] = run("link", "list", "kyoto").stdout.splitlines()
    assert line.split("\t")[:8] == ["1", "Bob", "yes", "no", "costs, notes", "", "0", ""]


def test_a_link_is_changed(run, kyoto, tripkit):
    token = LINK.fullmatch(create(run, "--expires", "8w", "--hide", "notes", "--label", "Bob").stdout)[1]
    changed = json.loads(run("link", "edit", "kyoto", 1, "--expires", "never", "--hide", "", "--json").stdout)
    assert (changed["expires_at"], changed["redactions"], changed["label"]) == (None, [], "Bob")
    run("link", "edit", "kyoto", 1, "--password-stdin", input=PASSWORD)
    assert tripkit.link_access.unlock(token, PASSWORD)
    done = run("link", "edit", "kyoto", 1, "--no-password", "--off")
    assert "Changed link 1: it is off" in done.stderr
    with pytest.raises(NotFound):
        tripkit.link_access.read(token)
    run("link", "edit", "kyoto", 1, "--on")
    assert tripkit.link_access.read(token).plan.title == "Kyoto"
    for nonsense in ((), ("--on", "--off"), ("--no-password", "--password-stdin")):
        assert run("link", "edit", "kyoto", 1, *nonsense, input=PASSWORD).exit_code == 2


def test_a_link_is_revoked(run, kyoto, tripkit):
    token = LINK.fullmatch(create(run, "--label", "Bob").stdout)[1]
    assert run("link", "revoke", "kyoto", 1).stderr == "Revoked link 1 (Bob).\n"
    with pytest.raises(NotFound):
        tripkit.link_access.read(token)
    for name in ("1", "2", "Bob", "9" * 30):
        assert run("link", "revoke", "kyoto", name).exit_code == 3


def test_who_looked_is_shown_roughly(run, kyoto, tripkit):
    from tripkit.services.share_views import Seen, Viewer

    create(run)
    now = datetime(2027, 4, 1, 9, 30, tzinfo=UTC)
    tripkit.share_views.add({Viewer(1, now.date(), "203.0.113.0/24", "Firefox"): Seen(3, now)})
    assert run("link", "show", "kyoto", 1).stdout == "2027-04-01\t203.0.113.0/24\tFirefox\t3\t2027-04-01T09:30:00Z\n"
    assert json.loads(run("link", "show", "kyoto", 1, "--json").stdout)[0]["count"] == 3


def test_a_terminal_shows_the_link_as_well(run, kyoto, terminal):
    create(run, "--label", "Bob")
    done = run("link", "show", "kyoto", 1)
    assert "Bob" in done.stdout
    assert "Nobody has looked at it yet." in done.stderr


def test_others_know_nothing_of_it(run, kyoto, person):
    create(run, "-u", "ada")
    person("bob")
    for args in (("list",), ("create",), ("show", 1), ("edit", 1, "--off"), ("revoke", 1)):
        name, *rest = args
        assert run("link", name, 1, *rest, "-u", "bob").exit_code == 3


def test_where_links_are_switched_off_the_setting_is_named(run, kyoto, monkeypatch):
    monkeypatch.setenv("TRIPKIT_SERVER__PUBLIC_LINKS", "false")
    done = create(run)
    assert (done.exit_code, "server.public_links" in done.stderr) == (4, True)
