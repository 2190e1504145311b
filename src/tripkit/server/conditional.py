"""Entity tags and preconditions (RFC 9110, section 13). The tag of a thing with a version is that version."""

import hashlib
import re
from typing import Final

import msgspec
from sanic import Request
from sanic.response import HTTPResponse

from tripkit.errors import Malformed
from tripkit.schemas.items import ItemOut
from tripkit.schemas.plans import PlanOut
from tripkit.server.answer import Answer
from tripkit.server.routing import json_response

#: For the declaration of a DELETE that ends in `gone`.
PREFER: Final = {
    "Prefer": "With `return=representation` the answer is 200, with what is in the trash now, or is gone (RFC 7240)."
}
_APPLIED: Final = {"preference-applied": "return=representation"}
#: No version is this: a tag that is not ours matches nothing.
_NEVER = -1


def expected_version(request: Request) -> int | None:
    """The version that If-Match asks for; None when any will do."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    if "," in header:
        raise Malformed("If-Match takes one entity tag here. Send the ETag of what you read.")
    tag = re.fullmatch(r'\s*"([0-9]{1,18})"\s*', header)
    return int(tag[1]) if tag else _NEVER


def tagged(
    request: Request, record: PlanOut | ItemOut, status: int = 200, headers: dict[str, str] | None = None
) -> HTTPResponse:
    """A record with its version as ETag; 304 when a GET says that the caller has this version."""
    return answer_tagged(request, record, f'"{record.version}"', status, headers)


def gone(request: Request, record: msgspec.Struct) -> HTTPResponse | None:
    """The answer to a DELETE: none, or the record for who prefers it."""
    preferred = re.split(r"\s*[,;]\s*", request.headers.get("prefer", "").strip().lower())
    return json_response(record, headers=_APPLIED) if "return=representation" in preferred else None


def is_known(request: Request, tag: str) -> bool:
    """Whether a GET says that the caller has what this tag is of."""
    known = request.headers.get("if-none-match")
    if not known or request.method not in ("GET", "HEAD"):
        return False
    return tag in re.split(r"\s*,\s*", known.replace("W/", "").strip())


def answer_tagged(
    request: Request, record: msgspec.Struct, tag: str, status: int = 200, headers: dict[str, str] | None = None
) -> HTTPResponse:
    """A record with this ETag; 304 when a GET says that the caller has it."""
    if is_known(request, tag):
        return Answer(b"", 304, {"etag": tag, **(headers or {})})
    return json_response(record, status, {"etag": tag, **(headers or {})})


def hashed(record: msgspec.Struct) -> tuple[bytes, str]:
    """A record as JSON, and a hash of that as its ETag, for what changes without a version of its own."""
    body = msgspec.json.encode(record)
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
