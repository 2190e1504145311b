"""A page of a few words, where somebody looks at an answer with a browser: no script, nothing from another host."""

import html
from collections.abc import Iterable, Mapping
from typing import Final

from sanic import Request

from tripkit.server.answer import Answer

#: Of every page here: its style is the only thing that it loads.
CSP: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def is_wanted(request: Request) -> bool:
    """Whether whoever asks would rather read a page than JSON: browsers name its type, programs do not."""
    return "text/html" in request.headers.get("accept", "")


def answer(
    title: str, paragraphs: Iterable[str], status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """The page."""
    words = html.escape(title)
    body = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{words} - tripkit</title><link rel="stylesheet" href="/docs/style.css"></head>'
        f'<body class="plain"><main><h1>{words}</h1>{body}</main></body></html>'
    )
    return Answer(
        page.encode(), status, {"content-security-policy": CSP, **(headers or {})}, "text/html; charset=utf-8"
    )
