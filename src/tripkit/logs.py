"""Logging to standard error, by a thread of its own, as lines for people or JSON for machines.

Messages and fields never hold tokens, passwords or query strings: whoever logs passes what may be read.
"""

import json
import logging
import queue
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener
from typing import Any, Final, TextIO

#: Fields of a log record that carry data, in the order they are shown.
FIELDS: Final = "fields"


@contextmanager
def logging_to(stream: TextIO, *, style: str, level: str) -> Iterator[None]:
    """Log to `stream` while this lasts. `style` is human, json, or auto: human on a terminal."""
    human = style == "human" or (style == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(HumanFormatter() if human else JSONFormatter())
    records: queue.SimpleQueue[Any] = queue.SimpleQueue()
    listener = QueueListener(records, handler)
    root = logging.getLogger()
    feeder = _Feeder(records)
    root.addHandler(feeder)
    before = root.level
    root.setLevel(level.upper())
    logging.getLogger("sanic").setLevel(max(logging.WARNING, root.level))
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        root.removeHandler(feeder)
        root.setLevel(before)


class _Feeder(QueueHandler):
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # Formatting is the other thread's work: what is logged here is text and numbers, which do not change.
        return record


class JSONFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _iso(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False, default=str)
        return text if text.isprintable() else json.dumps(line, default=str)


class HumanFormatter(logging.Formatter):
    """One line, with the time of day; an exception follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        message = _one_line(record.getMessage())
        parts = [time.strftime("%H:%M:%S", time.localtime(record.created))]
        if record.levelno != logging.INFO:
            parts.append(record.levelname.lower())
        parts.append(message)
        said = {"None", *message.split()}
        fields = {name: _one_line(str(value)) for name, value in getattr(record, FIELDS, {}).items()}
        parts += [f"{name}={value}" for name, value in fields.items() if value not in said]
        if record.exc_info:
            parts.append("\n" + self.formatException(record.exc_info))
        return " ".join(parts)


def _one_line(text: str) -> str:
    """Nobody forges a line of the log, or speaks to its reader's terminal."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}Z"


def to_stderr(*, style: str, level: str) -> Any:
    """`logging_to` the standard error of this process."""
    return logging_to(sys.stderr, style=style, level=level)
