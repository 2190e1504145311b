import json
import re

import pyotp
import pytest

from tripkit.errors import SecondFactorRequired
from tripkit.schemas.users import Client, LoginIn


def needs_a_code(tripkit, password):
    try:
        return not tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client())
    except SecondFactorRequired:
        return True


@pytest.fixture
def secured(run, ada):
    """Ada with a second factor; its recovery codes."""
    uri = run("factor", "setup").stdout.strip()
    done = run("factor", "confirm", "--code-stdin", input=pyotp.parse_uri(uri).now() + "\n")
    assert done.exit_code == 0, done.stderr
    return done.stdout.split()


def test_in_a_pipe_setup_prints_the_address_and_confirm_takes_the_code(run, ada, tripkit, password):
    done = run("factor", "setup", "--json")
    made = json.loads(done.stdout)
    assert "tripkit factor confirm" in done.stderr
    assert made["uri"].startswith("otpauth://totp/tripkit:ada?secret=")
    assert not needs_a_code(tripkit, password)
    wrong = run("factor", "confirm", "--code-stdin", input="abc\n")
    assert (wrong.exit_code, wrong.stderr[:5]) == (2, "code:")
    codes = run("factor", "confirm", "--code-stdin", "--json", input=pyotp.TOTP(made["secret"]).now())
    assert len(json.loads(codes.stdout)["recovery_codes"]) == 10
    assert needs_a_code(tripkit, password)


def code_of(screen):
    return pyotp.TOTP(re.search("type in the secret: ([A-Z2-7]{32})\n", screen.replace("\r", ""))[1]).now() + "\n"


def test_on_a_terminal_setup_shows_a_qr_code_and_asks_until_the_code_is_right(converse, run, ada):
    asked = [("Code of the app: ", "abc\n"), ("The code is wrong", ""), ("Code of the app: ", code_of)]
    code, screen = converse("factor", "setup", answers=asked)
    assert code == 0, screen
    assert "▄▄▄▄▄ █" in screen
    assert len(re.findall("^[a-z2-7]{6}(?:-[a-z2-7]{6}){3}$", screen, re.MULTILINE)) == 10
    assert json.loads(run("factor", "show", "--json").stdout)["is_active"] is True


def test_a_setup_that_is_broken_off_changes_nothing(converse, run, ada):
    code, screen = converse("factor", "setup", answers=[("Code of the app: ", "\x03")])
    assert code == 130, screen
    code, screen = converse("factor", "setup", answers=[("Code of the app: ", "abc\n")] * 3)
    assert code == 2, screen
    assert json.loads(run("factor", "show", "--json").stdout)["is_active"] is False


def test_confirm_without_a_terminal_says_how_to_pass_the_code(run, ada):
    done = run("factor", "confirm")
    assert done.exit_code == 2
    assert "--code-stdin" in done.stderr


def test_show_tells_how_many_recovery_codes_are_left(run, secured):
    status = json.loads(run("factor", "show", "--json").stdout)
    assert (status["is_active"], status["recovery_codes_left"]) == (True, 10)
    assert run("factor", "show").stdout.startswith("is_active\tyes\n")


def test_codes_are_renewed(run, secured):
    done = run("factor", "codes")
    assert len(done.stdout.split()) == 10
    assert not set(done.stdout.split()) & set(secured)
    assert "not shown again" in done.stderr


def test_setup_again_is_a_conflict_and_so_are_codes_without_a_factor(run, secured, person):
    assert run("factor", "setup", "--user", "ada").exit_code == 5
    person("bob")
    assert run("factor", "codes", "--user", "bob").exit_code == 5


def test_remove_needs_yes_without_a_terminal_and_then_the_password_is_enough(run, secured, tripkit, password):
    assert run("factor", "remove").exit_code == 2
    assert needs_a_code(tripkit, password)
    done = run("factor", "remove", "--yes", "--json")
    assert json.loads(done.stdout)["is_active"] is False
    assert not needs_a_code(tripkit, password)
    assert run("factor", "remove", "--yes").exit_code == 3
