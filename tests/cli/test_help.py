"""`tripkit help`: topics and commands."""

import pytest

from tripkit.cli import looks
from tripkit.cli.topics import TOPICS


def test_topics_are_listed(run):
    shown = run("help").stdout
    assert all(f"  {name} " in shown and topic.summary in shown for name, topic in TOPICS.items())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_explained(run, topic):
    assert run("help", topic).stdout == f"{TOPICS[topic].text}\n"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_topic_fits_the_terminal(run, terminal, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    for topic in TOPICS:
        lines = run("help", topic).stdout.splitlines()
        assert max(map(len, lines)) <= width, topic


def test_a_terminal_that_knows_only_ascii_is_shown_nothing_else(run, terminal, monkeypatch):
    monkeypatch.setattr(looks, "is_plain", lambda: True)
    assert all(run("help", topic).stdout.isascii() for topic in TOPICS)


def test_commands_are_explained(run):
    assert run("help", "plan", "new").stdout == run("plan", "new", "--help").stdout
    assert run("help", "plan").stdout == run("plan", "--help").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("dtes",),
            'tripkit: There is no topic or command "dtes". Did you mean dates? `tripkit help` lists the topics',
        ),
        (("plna",), "Did you mean plan?"),
        (("plan", "nw"), "tripkit: No such command 'nw'. Did you mean 'new'?"),
        (("\x1b[31mx",), 'There is no topic or command "\ufffd[31mx". `tripkit help` lists'),
    ],
)
def test_what_is_not_there_is_answered_with_what_may_have_been_meant(run, words, said):
    done = run("help", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
