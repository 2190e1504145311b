"""What people are told: each message says who, where, what and how long, and nobody's name says anything else."""

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.mail import messages
from tripkit.mail.base import Message

LINK = "https://trips.example.org:8443/account/verify?token=AbC-_123&x=1"
VALUES: dict[str, dict[str, str]] = {
    "verify_email": {"name": "Ada"},
    "reset_password": {"name": "Ada"},
    "email_changed": {"name": "Ada"},
    "confirm_new_email": {"name": "Ada"},
    "invitation": {"name": "Ada", "inviter": "Bob"},
    "plan_invitation": {"name": "Ada", "inviter": "Bob", "title": "Kyoto in April"},
}
every_message = pytest.mark.parametrize("kind", VALUES)


def build(kind: str, *, hours: int = 24, link: str = LINK, **values: str) -> Message:
    make: Callable[..., Message] = getattr(messages, kind)
    return make("ada@example.org", link=link, hours=hours, **(VALUES[kind] | values))


class Page(HTMLParser):
    """The text, links and tags of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [], set[str]()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_template_is_one_message() -> None:
    files = {path.name for path in resources.files("tripkit.mail").joinpath("templates").iterdir()}
    assert files == {f"{kind}.txt" for kind in [*VALUES, "test"]} | {"layout.html"}


@every_message
def test_a_message_says_who_where_what_and_how_long(kind: str) -> None:
    made = build(kind)
    assert (made.kind, made.to, made.hours) == (kind, "ada@example.org", 24)
    assert made.text.startswith("Hello Ada,\n\n")
    assert f"\n\n{LINK}\n\n" in made.text + "\n"
    assert "trips.example.org:8443" in made.text.replace(LINK, "")
    for value in VALUES[kind].values():
        assert value in made.text
    assert "within 24 hours" in " ".join(made.text.split())
    assert "$" not in made.subject + made.text + made.html
    assert all(len(line) <= 76 for line in made.text.splitlines() if line != LINK)


@every_message
def test_the_html_says_the_same_and_loads_nothing(kind: str) -> None:
    made = build(kind)
    page = Page(made.html)
    assert page.links == [LINK]
    assert page.tags <= {"html", "head", "meta", "title", "body", "p", "a"}
    assert page.text.split() == made.subject.split() + made.text.split()


@every_message
def test_a_name_that_is_not_known_is_left_out(kind: str) -> None:
    assert build(kind, name="").text.startswith("Hello,\n")
    assert build(kind, name=" \x00\n ").text.startswith("Hello,\n")


@pytest.mark.parametrize(
    ("hours", "time"),
    [(1, "1 hour"), (2, "2 hours"), (24, "24 hours"), (36, "36 hours"), (48, "2 days"), (168, "7 days")],
)
def test_time_is_told_as_people_do(hours: int, time: str) -> None:
    assert f"within {time}:" in " ".join(build("verify_email", hours=hours).text.split())


@pytest.mark.parametrize(
    "link", ["/account/verify?t=1", "javascript:alert(1)", "https://x\n/y", "https://x/ y", "", "ftp://x/"]
)
def test_a_link_that_leads_nowhere_is_a_mistake_of_the_caller(link: str) -> None:
    with pytest.raises(ValueError, match="http"):
        build("verify_email", link=link)


def test_the_site_is_shown_without_what_a_link_may_hide_before_it() -> None:
    assert " at example.org," in build("verify_email", link="https://bank.example@example.org/x").text


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: eve@example.org",
        "Ada\x00",
        "Ada\u2028Subject: x",
        "\u202egro.elpmaxe",
        "Ada\x1b[31m",
        "\ud800",
        "x" * 5000,
        "<script>alert(1)</script><img src=//evil.example>",
        '"><a href="https://evil.example">click</a>',
        "$link ${link} $$",
        "{{7*7}} %s {0}",
    ],
)
def test_a_name_stays_one_name_on_one_line(name: str) -> None:
    made = build("plan_invitation", name=name, inviter=name, title=name)
    plain = build("plan_invitation", name="N", inviter="N", title="N")
    for text in (made.subject, made.text, made.html):
        assert all(char.isprintable() or char in "\n\u2060" for char in text)
    assert len(made.text.split("\n\n")) == len(plain.text.split("\n\n"))
    assert "\n" not in made.subject
    assert len(made.subject) < 200
    page = Page(made.html)
    assert page.links == [LINK]
    assert page.tags == Page(plain.html).tags


@pytest.mark.parametrize(
    "name", ["https://evil.example/x", "evil.example", "www.evil.example", "mailto:eve@evil.example"]
)
def test_no_mail_program_makes_a_link_of_a_name(name: str) -> None:
    made = build("plan_invitation", name=name, inviter=name, title=name)
    for text in (made.subject, made.text.replace(LINK, ""), html.unescape(made.html).replace(LINK, "")):
        assert not re.search(r"evil\.example|://\w|\w@evil", text)
        assert "evil" in text


@pytest.mark.parametrize("name", ["J. R. R. Tolkien", "Zoë Müller-Łukaszewicz", "李小龍", "O'Neil & Sons", "محمد"])
def test_names_of_people_stay_as_they_are(name: str) -> None:
    made = build("verify_email", name=name)
    assert made.text.startswith(f"Hello {name},")
    assert f"Hello {name}," in Page(made.html).text


@given(st.text(), st.text())
def test_whatever_the_names_the_parts_of_a_message_stay_in_their_places(name: str, title: str) -> None:
    made = build("plan_invitation", name=name, inviter=name, title=title)
    made.text.encode()
    assert Page(made.html).links == [LINK]
    assert len(made.text.split("\n\n")) == 4
    assert made.text.count(LINK) == 1


def test_every_message_has_a_token_of_its_own() -> None:
    assert len({build("verify_email").token for _ in range(10)}) == 10
