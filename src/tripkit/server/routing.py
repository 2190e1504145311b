"""Routes as declarations. A handler says what it takes and gives; this module checks the one and encodes the other,
and OpenAPI is made from the same declaration.
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import parse_qs

import msgspec
from sanic import Request
from sanic.headers import parse_content_header
from sanic.request.form import parse_multipart_form
from sanic.response import HTTPResponse

from tripkit.errors import DatabaseError, Malformed, NotFound, TripkitError, ValidationFailed
from tripkit.schemas.api_tokens import Scope
from tripkit.server.answer import Answer
from tripkit.server.auditing import recorded
from tripkit.server.auth import actor_if_any, actor_of
from tripkit.server.limits import USER, Limit
from tripkit.server.problems import NotAcceptable, UnsupportedMediaType
from tripkit.server.request import App
from tripkit.services import policy, validation
from tripkit.services.audit import Event

JSON: Final = "application/json"
HTML: Final = "text/html"
MERGE_PATCH: Final = "application/merge-patch+json"
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
#: Where everybody manages their own account.
OWN_ACCOUNT: Final = "/api/auth/"
LARGEST_ID: Final = 2**63 - 1

Handler = Callable[..., Coroutine[Any, Any, Any]]


class Endpoint(msgspec.Struct, frozen=True):
    """One method of one address."""

    method: str
    path: str
    handler: Handler
    tag: str
    #: An access token is needed. What is open says so; where one is optional, the actor may be None.
    auth: bool | Literal["optional"] = True
    #: What an API token has to be made for. What names nothing is closed to all of them.
    scope: Scope | None = None
    body: type | None = None
    #: Nothing at all may be sent in place of a body that says nothing.
    body_optional: bool = False
    #: Types of body that are taken.
    takes: tuple[str, ...] = (JSON,)
    query: type | None = None
    #: What is answered; where the status is a redirect, what is answered with 200 instead of one.
    answer: Any = None
    status: int = 200
    content_type: str = JSON
    #: Problems it may answer with, beyond those that follow from the declaration.
    problems: tuple[int, ...] = ()
    #: The event of the audit trail that is recorded when it is refused.
    audited: Event | None = None
    #: How a refusal is shown where people read it, and not programs.
    refusal: Callable[[Request, TripkitError], HTTPResponse] | None = None
    #: What the requests count for.
    limits: tuple[Limit, ...] = ()
    #: Headers of the request that matter here, with what they do.
    headers: dict[str, str] = {}
    #: Operations that may follow, by id, and where their parameters come from.
    links: dict[str, dict[str, str]] = {}

    @property
    def for_verified(self) -> bool:
        """Not for people who have yet to confirm their address, should `security.require_verified` ask for that."""
        return bool(self.auth) and not self.path.startswith(OWN_ACCOUNT)

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        return "\n".join(line.strip() for line in (self.handler.__doc__ or "").partition("\n")[2].strip().splitlines())


class Resource:
    """The endpoints of one resource."""

    def __init__(self, tag: str, prefix: str) -> None:
        self.tag, self.prefix = tag, prefix
        self.endpoints: list[Endpoint] = []

    def endpoint(self, method: str, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        """Declare the decorated handler; `declaration` as in `Endpoint`."""

        def declare(handler: Handler) -> Handler:
            self.endpoints.append(Endpoint(method, self.prefix + path, handler, self.tag, **declaration))
            return handler

        return declare

    def get(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        return self.endpoint("GET", path, **declaration)

    def post(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        return self.endpoint("POST", path, **declaration)

    def put(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        return self.endpoint("PUT", path, **declaration)

    def patch(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        return self.endpoint("PATCH", path, **declaration)

    def delete(self, path: str, **declaration: Any) -> Callable[[Handler], Handler]:
        return self.endpoint("DELETE", path, **declaration)


def mount(app: App, endpoints: list[Endpoint]) -> None:
    """Put the endpoints into the application; a GET also answers HEAD."""
    for endpoint in endpoints:
        methods = ["GET", "HEAD"] if endpoint.method == "GET" else [endpoint.method]
        name = f"{endpoint.tag}-{endpoint.handler.__name__}".replace(" ", "-")
        app.add_route(_wrap(endpoint), sanic_path(endpoint.path), methods=methods, name=name)


def sanic_path(path: str) -> str:
    """`/api/plans/{id}/` as Sanic writes it."""
    return re.sub(r"{(\w+)}", r"<\1:str>", path)


def template(sanic_path: str) -> str:
    """The other way round, for logs and metrics."""
    return "/" + re.sub(r"<(\w+):str>", r"{\1}", sanic_path)


def _wrap(endpoint: Endpoint) -> Handler:
    """The handler behind its checks, in the order in which they should fail."""
    handler, query, body = endpoint.handler, endpoint.query, endpoint.body
    limits = (*endpoint.limits, USER) if endpoint.auth else endpoint.limits
    for_verified = endpoint.for_verified
    optional = query and not any(field.required for field in msgspec.structs.fields(query))
    nothing = msgspec.convert({}, query) if optional else None

    async def handle(request: Request, **path: str) -> HTTPResponse | None:
        _check_accept(request, endpoint.content_type)
        arguments: dict[str, Any] = {
            name: _number(name, text) if is_number(name) else text for name, text in path.items()
        }
        if endpoint.auth:
            actor = await (actor_if_any if endpoint.auth == "optional" else actor_of)(request)
            if actor is not None:
                policy.require_scope(actor, endpoint.scope)
                if for_verified:
                    required = request.app.ctx.tripkit.settings.security.require_verified
                    policy.require_verified(actor, required=required)
            arguments["actor"] = actor
        if query is not None:
            arguments["query"] = _parse_query(request, query) if request.query_string or nothing is None else nothing
        elif request.query_string:
            raise ValidationFailed({name: ["is not a parameter of this address."] for name in request.args})
        if body is not None:
            empty = endpoint.body_optional and not request.body
            arguments["body"] = msgspec.convert({}, body) if empty else _parse_body(request, body, endpoint.takes)
        work = partial(handler, request, **arguments)
        if endpoint.audited:
            actor, user_id = arguments.get("actor"), arguments.get("user_id")
            work = partial(recorded, request, endpoint.audited, work, actor=actor, user_id=user_id)
        answer = await request.app.ctx.limits.run(request, limits, arguments.get("body"), work)
        if request.responded:
            return None  # it was sent piece by piece
        return answer if isinstance(answer, HTTPResponse) else json_response(answer, endpoint.status)

    if endpoint.refusal:
        return _shown(handle, endpoint.refusal)
    return _explained(handle) if endpoint.content_type == HTML else handle


def _explained(handle: Handler) -> Handler:
    """Where a person looks at the answer, a problem is a page as well."""

    async def explained(request: Request, **path: str) -> HTTPResponse:
        request.ctx.page = True
        answer: HTTPResponse = await handle(request, **path)
        return answer

    return explained


def _shown(handle: Handler, refusal: Callable[[Request, TripkitError], HTTPResponse]) -> Handler:
    """A page shows what it refuses in its own way."""

    async def shown(request: Request, **path: str) -> HTTPResponse | None:
        request.ctx.page = True
        try:
            found: HTTPResponse | None = await handle(request, **path)
        except DatabaseError:
            raise  # it is logged, and not shown
        except TripkitError as error:
            return refusal(request, error)
        return found

    return shown


def json_response(answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    """A record as JSON; None as an empty answer."""
    if answer is None:
        return Answer(b"", 204, headers)
    return Answer(msgspec.json.encode(answer), status, headers, JSON)


def _check_accept(request: Request, content_type: str) -> None:
    accept = request.headers.get("accept")
    if accept is None or "*/*" in accept or content_type in accept:
        return
    if not request.accept.match(content_type):
        raise NotAcceptable(f"The answer here is {content_type}; your Accept header is {accept!r}.")


def is_number(name: str) -> bool:
    """Whether this part of a path is a number; others are names."""
    return name.endswith("_id") or name == "version"


def _number(name: str, text: str) -> int:
    """A number from a path; whatever cannot be one names nothing."""
    kind = name.removesuffix("_id")
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 0 < int(text) <= LARGEST_ID):
        raise NotFound(kind, "")
    return int(text)


def _parse_query(request: Request, kind: type) -> Any:
    try:
        found = request.get_args(keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Malformed("The query is not UTF-8. Encode it as UTF-8 before its percent signs.") from None
    return validation.convert(kind, dict(_singles(found)), text=True)


def _parse_body(request: Request, kind: type, takes: tuple[str, ...]) -> Any:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in takes:
        sent = content_type or "none"
        raise UnsupportedMediaType(f"Send the body as {' or '.join(takes)}; the Content-Type was {sent}.")
    if content_type in FORMS:
        return validation.convert(kind, dict(_form(request)), text=True)
    return validation.decode(kind, request.body)


def _form(request: Request) -> Iterator[tuple[str, str]]:
    # Not by `request.get_form`, which logs what it cannot read as an error of ours and goes on without it.
    kind, options = parse_content_header(request.headers.get("content-type", ""))
    files: Any = {}
    try:
        if kind == FORMS[0]:
            form: Any = parse_qs(request.body.decode(), keep_blank_values=True, errors="strict")
        else:
            form, files = parse_multipart_form(request.body, str(options["boundary"]).encode())  # type: ignore[no-untyped-call]
    except Exception:
        raise Malformed("The form cannot be read. Send it as your browser would, or send JSON.") from None
    if files:
        raise ValidationFailed({name: ["must be a text field, not a file."] for name in files})
    return _singles(form)


def _singles(found: Any) -> Iterator[tuple[str, str]]:
    for name, values in found.items():
        if len(values) > 1:
            raise ValidationFailed({name: ["was sent more than once. Send it once."]})
        yield name, values[0]
