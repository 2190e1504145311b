"""From a template to plain text and HTML.

A template is a file of text: the subject, then paragraphs with an empty line between them. `$name` stands for a value;
the link stands alone in its paragraph.
"""

import html
import textwrap
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template
from typing import Final

_WIDTH: Final = 76
_LINK: Final = "$link"


def render(template: str, values: Mapping[str, str]) -> tuple[str, str, str]:
    """Subject, text and HTML. The values must each be of one line."""
    subject, *paragraphs = _paragraphs(template)
    text = "\n\n".join(_text(each, values) for each in paragraphs) + "\n"
    title = Template(subject).substitute(values)
    body = "\n".join(_html(each, values) for each in paragraphs)
    return title, text, Template(_file("layout.html")).substitute(title=html.escape(title), body=body)


def _text(paragraph: str, values: Mapping[str, str]) -> str:
    filled = Template(paragraph).substitute(values)
    return filled if paragraph == _LINK else textwrap.fill(filled, _WIDTH, break_long_words=False)


def _html(paragraph: str, values: Mapping[str, str]) -> str:
    paragraph = f'<a href="{_LINK}">{_LINK}</a>' if paragraph == _LINK else html.escape(paragraph, quote=False)
    escaped = {name: html.escape(value) for name, value in values.items()}
    return f"<p>{Template(paragraph).substitute(escaped)}</p>"


@cache
def _paragraphs(template: str) -> list[str]:
    return [paragraph.strip() for paragraph in _file(f"{template}.txt").split("\n\n")]


@cache
def _file(name: str) -> str:
    return resources.files("tripkit.mail").joinpath("templates", name).read_text("utf-8")
