"""The OpenAPI 3.1 document, made from the endpoints and their schemas."""

import http
import re
from collections.abc import Iterable
from typing import Any, Final, get_args

import msgspec

from tripkit import __version__
from tripkit.schemas.api_tokens import Scope
from tripkit.schemas.problems import Problem
from tripkit.server.problems import CONTENT_TYPE as PROBLEM_TYPE
from tripkit.server.routing import JSON, LARGEST_ID, Endpoint, is_number

_REF: Final = "#/components/schemas/{name}"
_NUMBER: Final = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}
_NAME: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,31}$"}
_TOKEN: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}
_INTRODUCTION: Final = """\
Sign up or log in to get an access token, and send it as `Authorization: Bearer …`; programs send an API token in the
same way. Bodies and answers are JSON in UTF-8; a trailing slash is optional. Errors are `application/problem+json`
(RFC 9457) and name every wrong field. Lists are paged by the `next` link. Where requests are limited, `RateLimit` says
what is left; over a limit the status is 429, and `Retry-After` says for how many seconds."""

#: Both are sent as `Authorization: Bearer …`. The scopes are listed with each operation.
_SCHEMES: Final = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a session, from signing up or logging in.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tripkit_pat_…",
        "description": f"An API token with the scope that the operation names: {', '.join(get_args(Scope))}.",
    },
}


def _header(meaning: str, kind: str = "string") -> dict[str, Any]:
    return {"description": meaning, "schema": {"type": kind}}


#: See `limits.headers`.
_RATE_LIMIT: Final = {
    "RateLimit-Policy": _header("The limits that apply: each with its quota `q` in `w` seconds."),
    "RateLimit": _header("Of each limit, the requests that remain (`r`), and the seconds until its window ends (`t`)."),
}


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
            "securitySchemes": _SCHEMES,
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
            "required": not endpoint.body_optional,
            "content": {kind: {"schema": schema} for kind in endpoint.takes},
        }
    found["responses"] = _responses(endpoint)
    found["security"] = _security(endpoint)
    return found


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    """Any one of these opens it; an empty requirement is met by everybody."""
    found: list[dict[str, list[str]]] = [{}] if endpoint.auth == "optional" else []
    if endpoint.auth:
        found.append({"session": []})
    return [*found, {"token": [endpoint.scope]}] if endpoint.scope else found


def needs(operation: dict[str, Any]) -> str:
    """What an operation asks for, as a sentence."""
    if {} in operation["security"]:
        return "Open to everybody; an access token may be sent."
    scopes = [f"`{scope}`" for each in operation["security"] for scope in each.get("token", [])]
    if scopes:
        return f"Needs an access token, or an API token with the scope {scopes[0]}."
    return "Needs an access token." if operation["security"] else "Open to everybody."


def _parameters(endpoint: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _NUMBER if is_number(name) else _TOKEN if name == "token" else _NAME,
        }
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    if endpoint.query:
        component = components[endpoint.query.__name__]
        for name, schema in component["properties"].items():
            schema = dict(schema)
            described = {"description": text} if (text := schema.pop("description", "")) else {}
            needed = {"required": True} if name in component.get("required", ()) else {}
            found.append({"name": name, "in": "query", **needed, **described, "schema": _without_null(schema)})
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
    found = {str(endpoint.status): success}
    if endpoint.answer is not None and endpoint.status == 302:
        schema = {"$ref": _REF.format(name=endpoint.answer.__name__)}
        found["200"] = {"description": "OK", "content": {JSON: {"schema": schema}, endpoint.content_type: {}}}
    elif endpoint.answer is not None and endpoint.status == 204:
        schema = {"$ref": _REF.format(name=endpoint.answer.__name__)}
        found["200"] = {"description": "OK, as preferred", "content": {JSON: {"schema": schema}}}
    elif endpoint.answer is not None:
        schema = {"$ref": _REF.format(name=endpoint.answer.__name__)}
        success["content"] = {endpoint.content_type: {"schema": schema}}
    elif endpoint.status == 200:
        success["content"] = {endpoint.content_type: {}}
    headers = {"Location": _header("Where it is.")} if endpoint.status == 201 else {}
    if any(limit.told and not limit.failures for limit in endpoint.limits):
        headers |= _RATE_LIMIT
    if headers:
        success["headers"] = headers
    if endpoint.links:
        success["links"] = {
            name: {"operationId": name, "parameters": sources} for name, sources in endpoint.links.items()
        }
    if "If-None-Match" in endpoint.headers:
        found["304"] = {"description": "You have the current version."}
    for status in sorted(_problem_statuses(endpoint)):
        found[str(status)] = _problem(http.HTTPStatus(status).phrase)
        if endpoint.refusal:
            found[str(status)]["content"][endpoint.content_type] = {}
    if "429" in found:
        found["429"]["headers"] = _RATE_LIMIT | {"Retry-After": _header("Seconds to wait.", "integer")}
    if endpoint.path == "/readyz":
        found["503"] = {"description": "Not ready.", "content": success["content"]}
    found["default"] = _problem("Any other problem")
    return found


def _problem_statuses(endpoint: Endpoint) -> set[int]:
    # 413 without a body as well: the head has a limit, and a long query counts towards it.
    found = {400, 406, 413, *endpoint.problems}
    if endpoint.auth:
        found |= {401, 403}
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
