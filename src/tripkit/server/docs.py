"""The reference at /docs: the OpenAPI document as one page of HTML, without script and without any other host."""

import html
from collections.abc import Iterator
from importlib import resources
from typing import Any

from tripkit.server.openapi import needs
from tripkit.server.plain_page import CSP as CSP
from tripkit.server.problems import HTTP_KINDS, KINDS, Kind


def page(document: dict[str, Any]) -> bytes:
    """The whole page."""
    return "\n".join(_page(document)).encode()


def style() -> bytes:
    """The style sheet of the page."""
    return resources.files("tripkit").joinpath("data/docs.css").read_bytes()


def _page(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<title>{_text(info["title"])} API</title><link rel="stylesheet" href="/docs/style.css"></head><body>'
    yield f"<header><h1>{_text(info['title'])} API <small>{_text(info['version'])}</small></h1>"
    yield f'<p>{_text(info["description"])}</p><p>As a document: <a href="/openapi.json">OpenAPI 3.1</a></p></header>'
    operations = [(path, method, each) for path, item in document["paths"].items() for method, each in item.items()]
    tags = [tag["name"] for tag in document["tags"]]
    yield "<nav><ul>"
    for tag in tags:
        yield f"<li><a href='#{tag}'>{_text(tag.capitalize())}</a><ul>"
        for path, method, each in operations:
            if tag in each["tags"]:
                yield f'<li><a href="#{each["operationId"]}"><code>{method.upper()} {_text(path)}</code></a></li>'
        yield "</ul></li>"
    yield '<li><a href="#schemas">Schemas</a></li><li><a href="#problems">Problems</a></li></ul></nav><main>'
    for tag in tags:
        yield f'<section id="{tag}"><h2>{_text(tag.capitalize())}</h2>'
        for path, method, each in operations:
            if tag in each["tags"]:
                yield from _operation(path, method, each)
        yield "</section>"
    yield '<section id="schemas"><h2>Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "</section>"
    yield from _problems()
    yield "</main></body></html>"


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f'<article id="{operation["operationId"]}"><h3><b>{method.upper()}</b> <code>{_text(path)}</code></h3>'
    yield f"<p>{_text(operation['summary'])}.</p>"
    if "description" in operation:
        yield f"<p>{_text(operation['description'])}</p>"
    yield f"<p>{_text(needs(operation).replace('`', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield "<table><caption>Parameters</caption><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr>"
        for each in parameters:
            cells = (each["name"], each["in"], _type(each["schema"]), each.get("description", ""))
            yield _row(cells)
        yield "</table>"
    if body := operation.get("requestBody"):
        kinds = ", ".join(body["content"])
        schema = next(iter(body["content"].values()))["schema"]
        yield f"<p>Body: {_type_link(schema)} as {_text(kinds)}.</p>"
    yield "<table><caption>Answers</caption><tr><th>Status</th><th>Meaning</th><th>Body</th></tr>"
    for status, answer in operation["responses"].items():
        schemas = [media.get("schema") for media in answer.get("content", {}).values()]
        link = _type_link(schemas[0]) if schemas and schemas[0] else ""
        yield f"<tr><td>{_text(status)}</td><td>{_text(answer['description'])}</td><td>{link}</td></tr>"
    yield "</table></article>"


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f'<article id="schema-{name}"><h3>{_text(name)}</h3><p>{_text(schema.get("description", ""))}</p>'
    yield "<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>"
    required = schema.get("required", [])
    for field, inner in schema.get("properties", {}).items():
        needed = " (required)" if field in required else ""
        yield _row((field + needed, _type(inner), inner.get("description", "")))
    yield "</table></article>"


def _problems() -> Iterator[str]:
    yield '<section id="problems"><h2>Problems</h2><table><tr><th>Type</th><th>Status</th><th>Title</th></tr>'
    kinds: dict[str, Kind] = {}
    for kind in (*KINDS.values(), *HTTP_KINDS.values()):
        kinds.setdefault(kind.slug, kind)
    for kind in sorted(kinds.values(), key=lambda kind: kind.status):
        cells = f"<td><code>/docs#{kind.slug}</code></td><td>{kind.status}</td><td>{_text(kind.title)}</td>"
        yield f'<tr id="{kind.slug}">{cells}</tr>'
    yield "</table></section>"


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"])
    found = str(schema.get("type", "any"))
    if found == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("default", "default"),
        )
        if key in schema and schema[key] not in ("", [], {})
    ]
    form = f" ({schema['format']})" if "format" in schema else ""
    return found + form + (", " + ", ".join(bounds) if bounds else "")


def _type_link(schema: dict[str, Any]) -> str:
    name = _type(schema)
    return f'<a href="#schema-{name}">{_text(name)}</a>' if "$ref" in schema else _text(name)


def _row(cells: tuple[str, ...]) -> str:
    first, *rest = cells
    return f"<tr><td><code>{_text(first)}</code></td>{''.join(f'<td>{_text(cell)}</td>' for cell in rest)}</tr>"


def _text(value: object) -> str:
    return html.escape(str(value))
