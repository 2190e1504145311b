"""The header Idempotency-Key: a POST that is sent again is done once."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Concatenate, Final, ParamSpec, TypeVar

import msgspec
from sanic import Request

from tripkit.errors import ValidationFailed
from tripkit.schemas.users import Actor

P = ParamSpec("P")
T = TypeVar("T", bound=msgspec.Struct)

HEADER: Final = "Idempotency-Key"
#: For the declaration of every endpoint that uses `write_once`; it may answer 409 then.
IDEMPOTENT: Final = {
    HEADER: "A name of your own for this request, new for each, such as a UUID: 1 to 255 printable ASCII characters. "
    "When the same request comes again within 24 hours, nothing is done, and the answer is the first one."
}
_REPLAYED: Final = {"idempotency-replayed": "true"}


async def write_once(
    request: Request,
    kind: type[T],
    method: Callable[Concatenate[Actor, P], T],
    actor: Actor,
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[T, dict[str, str]]:
    """Write through the bridge, once for each key; the record of `kind`, and headers for the answer."""
    ctx = request.app.ctx
    keys = request.headers.getall(HEADER, ())
    if not keys:
        return await ctx.bridge.write(method, actor, *args, **kwargs), {}
    if len(keys) > 1:
        raise ValidationFailed({HEADER: ["was sent more than once. Send it once."]})
    route = f"{request.method} {request.path.rstrip('/')}"
    work = partial(method, actor, *args, **kwargs)
    record, replayed = await ctx.bridge.write(
        ctx.tripkit.idempotency.once, actor, route, keys[0], _fingerprint(request), kind, work
    )
    return record, _REPLAYED if replayed else {}


def _fingerprint(request: Request) -> str:
    """SHA-256 of what is asked for at this address: the type of the body, the query, and the body, byte for byte."""
    asked = f"{request.headers.get('content-type', '')}\n{request.query_string}\n"
    return sha256(asked.encode(errors="surrogatepass") + request.body).hexdigest()
