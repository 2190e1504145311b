"""The OpenAPI 3.1 document, made from the endpoints and their schemas."""

import http
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tripkit import __version__
from tripkit.server.problems import CONTENT_TYPE as PROBLEM_TYPE
from tripkit.server.problems import Problem
from tripkit.server.routing import LARGEST_ID, Endpoint

_REF: Final = "#/components/schemas/{name}"
#: By `Endpoint.auth`. An empty requirement is met by everybody.
_SECURITY: Final[dict[bool | str, list[dict[str, list[str]]]]] = {
    True: [{"bearer": []}],
    "optional": [{}, {"bearer": []}],
    False: [],
}
_INTRODUCTION: Final = """\
Sign up or log in to get an access token, and send it as `Authorization: Bearer …`. Bodies and answers are JSON in
UTF-8; a trailing slash is optional. Errors are `application/problem+json` (RFC 9457) and name every wrong field.
Lists are paged by the `next` link."""


def document(endpoints: Iterable[Endpoint], *, server_url: str) -> dict[str, Any]:
    """The whole document."""
    endpoints = list(endpoints)
    kinds = [kind for each in endpoints for kind in (each.body, each.query, each.answer) if kind is not None]
    _, components = msgspec.json.schema_components([*kinds, Problem], ref_template=_REF)
    queries = {each.query.__name__ for each in endpoints if each.query}
    paths: dict[str, Any] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tripkit",
            "version": __version__,
            "summary": "A self-hosted travel planner.",
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server_url or "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in endpoints)],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(endpoint: Endpoint, components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
    }
    if endpoint.description:
        found["description"] = endpoint.description
    if parameters := _parameters(endpoint, components):
        found["parameters"] = parameters
    if endpoint.body:
        schema = {"$ref": _REF.format(name=endpoint.body.__name__)}
        found["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": schema} for kind in endpoint.takes},
        }
    found["responses"] = _responses(endpoint)
    found["security"] = _SECURITY[endpoint.auth]
    return found


def access(operation: dict[str, Any]) -> str:
    """Who may use an operation of the document, as a sentence."""
    if {} in operation["security"]:
        return "Open to everybody; an access token may be sent."
    return "Needs an access token." if operation["security"] else "Open to everybody."


def _parameters(endpoint: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID},
        }
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    if endpoint.query:
        for name, schema in components[endpoint.query.__name__]["properties"].items():
            schema = dict(schema)
            described = {"description": text} if (text := schema.pop("description", "")) else {}
            found.append({"name": name, "in": "query", **described, "schema": _without_null(schema)})
    for name, meaning in endpoint.headers.items():
        found.append({"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}})
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is not thereby null: there is no null in a query."""
    schema = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    if options := [option for option in schema.get("anyOf", []) if option != {"type": "null"}]:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**options[0], **rest} if len(options) == 1 else {**rest, "anyOf": options}
    if isinstance(schema.get("enum"), list):
        return {**schema, "enum": [value for value in schema["enum"] if value is not None]}
    return schema


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    success: dict[str, Any] = {"description": http.HTTPStatus(endpoint.status).phrase}
    if endpoint.answer is not None:
        schema = {"$ref": _REF.format(name=endpoint.answer.__name__)}
        success["content"] = {endpoint.content_type: {"schema": schema}}
    elif endpoint.status == 200:
        success["content"] = {endpoint.content_type: {}}
    if endpoint.status == 201:
        success["headers"] = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    if endpoint.links:
        success["links"] = {
            name: {"operationId": name, "parameters": sources} for name, sources in endpoint.links.items()
        }
    found = {str(endpoint.status): success}
    if "If-None-Match" in endpoint.headers:
        found["304"] = {"description": "You have the current version."}
    for status in sorted(_problem_statuses(endpoint)):
        found[str(status)] = _problem(http.HTTPStatus(status).phrase)
        if endpoint.refusal:
            found[str(status)]["content"][endpoint.content_type] = {}
    if endpoint.path == "/readyz":
        found["503"] = {"description": "Not ready.", "content": success["content"]}
    found["default"] = _problem("Any other problem")
    return found


def _problem_statuses(endpoint: Endpoint) -> set[int]:
    # 413 without a body as well: the head has a limit, and a long query counts towards it.
    found = {400, 406, 413, *endpoint.problems}
    if endpoint.auth:
        found.add(401)
    if endpoint.for_verified:
        found.add(403)
    if "{" in endpoint.path:
        found.add(404)
    if endpoint.body:
        found.add(415)
    if endpoint.method != "GET":
        found.add(503)
    if endpoint.limits or endpoint.auth:
        found.add(429)
    return found


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {PROBLEM_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
    }
