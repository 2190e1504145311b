"""What is logged stays on its line and in its place, whatever strangers put into it."""

import io
import json
import logging
import re

import pytest

from tripkit import logs

HOSTILE = [
    "one\ntwo",
    "one\r\n09:30:00 GET /forged 200",
    "\x1b[2J\x1b]0;title\x07",
    "a\x00b\x7f\x9b31m",
    "right\u202eto left\u2066",
    "next\u2028line\u2029paragraph\x85",
    '", "level": "critical',
    "\udc80 half a character",
]


def logged(style: str, text: str) -> str:
    """A line with `text` in its message and in a field."""
    stream = io.StringIO()
    with logs.logging_to(stream, style=style, level="info"):
        logging.getLogger("tripkit.test").warning("asked for %s", text, extra={"fields": {"route": text, "status": 1}})
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_for_people_is_one_printable_line(text: str) -> None:
    line = logged("human", text)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert re.match(r"\d\d:\d\d:\d\d warning asked for ", line)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_for_machines_is_one_object_that_says_what_was_logged(text: str) -> None:
    line = logged("json", text)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    entry = json.loads(line)
    assert entry["level"] == "warning"
    assert (entry["message"], entry["route"], entry["status"]) == (f"asked for {text}", text, 1)


def test_machines_get_the_time_in_utc() -> None:
    time = json.loads(logged("json", "x"))["time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
