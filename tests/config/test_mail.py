"""Settings about mail: what cannot work is refused before anything is sent."""

from typing import Any

import pytest

from tripkit.config import ConfigError, Mail, load, split_sender

SMTP = {"mail.backend": "smtp", "mail.host": "smtp.example.org", "mail.sender": "trips@example.org"}


def mail(**overrides: Any) -> Mail:
    return load(env={}, overrides=SMTP | {f"mail.{key}": value for key, value in overrides.items()}).settings.mail


def problems(**overrides: Any) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        mail(**overrides)
    return refused.value.problems


def test_without_a_word_mail_is_printed() -> None:
    assert load(env={}).settings.mail == Mail(backend="console", security="starttls", timeout=30)


def test_a_server_and_a_sender_are_all_that_smtp_needs() -> None:
    assert mail() == Mail(backend="smtp", host="smtp.example.org", sender="trips@example.org")


def test_smtp_without_a_server_or_a_sender_is_refused_with_both_keys() -> None:
    with pytest.raises(ConfigError) as refused:
        load(env={"TRIPKIT_MAIL__BACKEND": "smtp"})
    assert refused.value.problems == [
        "mail.host: this value is wrong (the default): empty, and mail.backend is smtp. Name the mail server.",
        "mail.sender: this value is wrong (the default): empty, and mail.backend is smtp. Say who mail is from.",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("host", "smtp.example.org:587"),
        ("host", "smtps://smtp.example.org"),
        ("host", "smtp example org"),
        ("host", "smtp..example.org"),
        ("host", "x" * 64 + ".example.org"),
        ("host", "smtp\r\nexample"),
        ("sender", "trips"),
        ("sender", "trips@"),
        ("sender", "trips@example.org\r\nBcc: eve@example.org"),
        ("sender", "Trips\nBcc: eve@example.org <trips@example.org>"),
        ("sender", "Trips <trips@example.org"),
        ("sender", "trips@example.org, eve@example.org"),
        ("sender", "Trips <eve@example.org> <trips@example.org>"),
        ("sender", 'a "quoted" name <trips@example.org>'),
        ("sender", "tríps@example.org"),
        ("subject_prefix", "a\r\nBcc: eve@example.org"),
        ("subject_prefix", "x" * 51),
        ("backend", "sendmail"),
        ("security", "ssl"),
        ("port", 65536),
        ("timeout", 0),
    ],
)
def test_a_wrong_value_names_its_key_and_where_it_came_from(key: str, value: Any) -> None:
    [problem] = problems(**{key: value})
    assert problem.startswith(f"mail.{key}: ")
    assert "(from the command line)" in problem


@pytest.mark.parametrize(
    "host", ["smtp.example.org", "mail_relay", "192.0.2.1", "::1", "2001:db8::25", "müller.example"]
)
def test_names_and_addresses_make_a_host(host: str) -> None:
    assert mail(host=host).host == host


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("trips@example.org", ("", "trips@example.org")),
        (" trips@example.org ", ("", "trips@example.org")),
        ("<trips@example.org>", ("", "trips@example.org")),
        ("Our trips <trips@example.org>", ("Our trips", "trips@example.org")),
        ('"Smith, Jones & Co." <trips+x@nas.local>', ("Smith, Jones & Co.", "trips+x@nas.local")),
        ("Reisebüro Müller <post@müller.example>", ("Reisebüro Müller", "post@müller.example")),
    ],
)
def test_a_sender_may_have_a_name(sender: str, expected: tuple[str, str]) -> None:
    assert split_sender(mail(sender=sender).sender) == expected


@pytest.mark.parametrize("missing", ["username", "password"])
def test_half_a_login_is_refused(missing: str) -> None:
    given = {"username", "password"} - {missing}
    [problem] = problems(**dict.fromkeys(given, "hunter2"))
    assert problem.startswith(f"mail.{missing}: ")
    assert "hunter2" not in problem


def test_a_login_that_cannot_be_sent_is_refused_without_showing_the_password() -> None:
    [problem] = problems(username="ada", password="pässword")
    assert problem.startswith("mail.password: ")
    assert "pässword" not in problem


def test_a_password_is_not_sent_unencrypted_to_another_machine() -> None:
    [problem] = problems(username="ada", password="hunter2", security="none")
    assert problem.startswith(
        "mail.security: this value is wrong (from the command line): none would send the password"
    )
    for host in ("localhost", "127.0.0.1", "::1"):
        assert mail(username="ada", password="hunter2", security="none", host=host).security == "none"
    assert mail(security="none").security == "none", "without a login it is allowed"
