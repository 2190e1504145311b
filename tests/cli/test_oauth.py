import json
import time

import pytest

from ..graph import APP_ID, APP_SECRET, Graph
from ..openid import CLIENT_ID, CLIENT_SECRET, OpenID


@pytest.fixture
def provider():
    with OpenID().running() as running:
        yield running


@pytest.fixture
def configure(monkeypatch, provider):
    """Settings of the provider `home`."""

    def configure(**options):
        given = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "timeout": "20"}
        for name, value in (given | options).items():
            monkeypatch.setenv(f"TRIPKIT_OAUTH__HOME__{name.upper()}", value)
        monkeypatch.setenv("TRIPKIT_SERVER__PUBLIC_URL", "https://trips.example.org/")

    return configure


def wrong(run, *args):
    """The lines about what is wrong."""
    done = run("oauth", "check", *args)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    found = {check: detail for check, state, detail in lines if state == "wrong"}
    assert done.exit_code == (6 if found else 0)
    assert "s3cret" not in done.output
    return found


def test_a_provider_that_is_right_is_shown_with_its_redirect_uri(run, configure, home):
    configure()
    done = run("oauth", "check", "home", "--json")
    assert done.exit_code == 0
    found = {each["check"]: each for each in json.loads(done.stdout)}
    assert {each["state"] for each in found.values()} == {"ok"}
    assert list(found) == ["redirect URI", "discovery", "keys", "clock", "secret"]
    assert "https://trips.example.org/api/auth/login/home/callback/" in found["redirect URI"]["detail"]
    assert not (home / "data").exists()


def test_a_wrong_secret_is_one_line(run, configure):
    configure(client_secret="wrong")
    assert wrong(run, "home") == {"secret": "the client_id or client_secret is wrong: the provider refuses them."}


def test_a_wrong_issuer_is_one_line(run, configure, provider):
    configure(issuer=provider.issuer + "/")
    assert wrong(run, "home").keys() == {"discovery"}
    assert f"it calls itself '{provider.issuer}'" in wrong(run, "home")["discovery"]


def test_a_clock_that_is_off_is_one_line(run, configure, provider):
    configure()
    provider.now = lambda: time.time() - 7200
    [detail] = wrong(run, "home").values()
    assert detail.startswith("the clock of this machine is 7")
    assert "ahead of the provider's. Set it by NTP." in detail


def test_settings_that_are_missing_are_one_line(run, configure, monkeypatch):
    configure(client_secret="")
    assert wrong(run, "home") == {"settings": "oauth.home.client_secret is missing, so the provider is not offered."}
    configure()
    monkeypatch.delenv("TRIPKIT_SERVER__PUBLIC_URL")
    assert wrong(run, "home").keys() == {"redirect URI"}


def test_what_is_not_in_the_settings_is_not_found(run):
    done = run("oauth", "check", "google")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == "tripkit: There is no section in the settings called [oauth.google].\n"


def test_facebook_is_checked_too(run, monkeypatch):
    with Graph().running() as graph:
        for name, value in {"CLIENT_ID": APP_ID, "CLIENT_SECRET": APP_SECRET, "GRAPH_URL": graph.url}.items():
            monkeypatch.setenv(f"TRIPKIT_OAUTH__FACEBOOK__{name}", value)
        monkeypatch.setenv("TRIPKIT_SERVER__PUBLIC_URL", "https://trips.example.org")
        assert wrong(run, "facebook") == {}
        monkeypatch.setenv("TRIPKIT_OAUTH__FACEBOOK__CLIENT_SECRET", "wrong")
        assert wrong(run, "facebook").keys() == {"secret"}


def test_people_see_whole_lines(run, configure, terminal):
    configure()
    lines = run("oauth", "check", "home").stdout.splitlines()
    assert len(lines) == 5
    assert lines[0] == (
        "ok       redirect URI  https://trips.example.org/api/auth/login/home/callback/ has to be registered with the "
        "provider, exactly like this"
    )
