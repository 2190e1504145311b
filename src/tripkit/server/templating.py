"""Pages from templates. Whatever stands in a value is shown as text: every template escapes, whatever its name is."""

from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from tripkit.server import page_words
from tripkit.server.answer import Answer

#: Of every page here: no script, nothing from another host, no style but the one that is served.
CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
CONTENT_TYPE: Final = "text/html"


def render(template: str, **values: Any) -> bytes:
    """The page that a template makes of these values. Raises if one is missing."""
    return _environment().get_template(template).render(values).encode()


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """A page as an answer."""
    return Answer(body, status, {"content-security-policy": CSP, **(headers or {})}, f"{CONTENT_TYPE}; charset=utf-8")


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("tripkit.server"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters |= page_words.FILTERS
    return found
