"""Lists in pages, as they are answered."""

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from msgspec import Struct
from sanic import Request
from sanic.response import HTTPResponse

from tripkit.errors import ValidationFailed
from tripkit.server.routing import json_response


class Page(Protocol):
    """One page, from a service."""

    @property
    def results(self) -> Sequence[Struct]: ...

    @property
    def cursor(self) -> str | None: ...


def page_response(
    request: Request,
    path: str,
    page: Page,
    kind: type[Struct],
    fields: str | None,
    headers: dict[str, str] | None = None,
) -> HTTPResponse:
    """A page of the list at `path`, whose records are of `kind`: all of them or the `fields` that were asked for."""
    results = page.results if fields is None else _parts(page.results, kind, fields)
    following = page.cursor and _next(request, path, page.cursor)
    return json_response({"results": results, "next": following}, headers=headers)


def _parts(records: Sequence[Struct], kind: type[Struct], fields: str) -> list[dict[str, Any]]:
    """Of each record, only the fields that were asked for."""
    names = [name.strip() for name in fields.split(",")]
    if unknown := [name for name in names if name not in kind.__struct_fields__]:
        known = ", ".join(kind.__struct_fields__)
        raise ValidationFailed({"fields": [f"{', '.join(unknown)!r} is not there; the fields are: {known}."]})
    return [{name: getattr(record, name) for name in names} for record in records]


def _next(request: Request, path: str, cursor: str) -> str:
    """The link to the next page: the same list from `cursor` on."""
    kept = {name: values[0] for name, values in request.args.items() if name != "cursor"}
    return f"{request.app.ctx.base_url}{path}?{urlencode({**kept, 'cursor': cursor})}"
