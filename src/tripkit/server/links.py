"""Links with a host, for where there is no address to be relative to: mail, sign-in at other services, shared pages."""

from sanic import Request

from tripkit.security import clientip


def absolute(request: Request, path: str) -> str:
    """The link to `path`, which begins with a slash, on this server as it is reached from outside.

    It begins with `server.public_url`. When that is not set, it begins with the scheme and host that a trusted proxy
    says, or else with the address of this end of the connection. The Host that a client sends is not asked: in a mail
    to somebody else it would lead to whoever sent it.
    """
    base: str = request.app.ctx.base_url
    if not base:
        origin = request.ctx.origin
        base = f"{origin.scheme or 'http'}://{origin.host or _own_host(request)}"
    return base + path


def _own_host(request: Request) -> str:
    info = request.conn_info
    return (info and clientip.host(info.server)) or "localhost"
