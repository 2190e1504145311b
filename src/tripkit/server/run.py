"""`tripkit serve`: from settings to a running server, or to one clear sentence about why not."""

import errno
import socket
import sys
import webbrowser
from contextlib import closing
from ipaddress import ip_address

import msgspec

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Config, Settings
from tripkit.errors import CannotServe
from tripkit.ratelimit import rules_of
from tripkit.schemas.administration import UserQuery
from tripkit.server import workers
from tripkit.server.limits import open_limits
from tripkit.server.process import serve_one
from tripkit.services import links, policy


def serve(config: Config, *, open_browser: bool = False, migrate: bool = False) -> None:
    """Serve until SIGINT or SIGTERM. Raises `TripkitError` when the server cannot start."""
    settings = config.settings
    _check_workers(settings)
    with closing(bind(settings.server.host, settings.server.port)) as listener:
        settings = _on_port(settings, listener.getsockname()[1])
        url = url_of(listener, settings)
        tripkit = open_tripkit(settings)
        try:
            open_limits(settings, tripkit.clock)  # what is wrong with the settings is said once, before all else
            _prepare_database(tripkit, migrate=migrate)
            banner = _banner(config, tripkit, url)
        finally:
            tripkit.close()

        if warning := exposure(listener.getsockname()[0], settings):
            _say(warning)

        def ready() -> None:
            print(banner, file=sys.stderr, flush=True)
            if open_browser:
                webbrowser.open(f"{url}/docs")

        if settings.server.workers == 1:
            serve_one(settings, listener, ready)
        else:
            workers.serve_many(settings, listener, ready)


def _check_workers(settings: Settings) -> None:
    """Refuse limits that each process would count for itself."""
    limited = any(rule.windows for rule in rules_of(settings.ratelimit).values())
    if settings.server.workers > 1 and settings.ratelimit.backend == "memory" and limited:
        raise CannotServe(
            f"server.workers is {settings.server.workers}, but with ratelimit.backend = memory each process counts for "
            "itself, so that limits would not hold. Set ratelimit.backend to redis and ratelimit.redis_url to its "
            "address, or server.workers to 1, or every rule of ratelimit to off."
        )


def bind(host: str, port: int) -> socket.socket:
    """A socket with this address, which does not listen yet; raises `CannotServe` with the remedy."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        reason = "the port is in use" if error.errno == errno.EADDRINUSE else (error.strerror or str(error))
        raise CannotServe(
            f"Cannot listen on {host} port {port}: {reason}. "
            "Choose another with --host and --port (or server.host and server.port)."
        ) from None
    listener.set_inheritable(True)
    return listener


def url_of(listener: socket.socket, settings: Settings) -> str:
    """How to reach the server from here."""
    return settings.server.public_url or links.address(*listener.getsockname()[:2])


def _on_port(settings: Settings, port: int) -> Settings:
    """With the port that was taken, should that have been left open: links in mail lead there."""
    return msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, port=port))


def exposure(host: str, settings: Settings) -> str | None:
    """What is wrong with listening on the address `host`, if anything: others could read what is sent to it."""
    is_local = host.startswith("/") or ip_address(host).is_loopback  # a path is that of a unix socket
    if is_local or settings.server.public_url.startswith("https://"):
        return None
    return (
        "Other machines reach this server without encryption, passwords and tokens included. "
        "Put a proxy that does TLS before it and set server.public_url to its https address, or listen on 127.0.0.1."
    )


def _prepare_database(tripkit: Tripkit, *, migrate: bool) -> None:
    steps, snapshot = tripkit.upgrade_database() if migrate else tripkit.prepare_database()
    if snapshot:
        _say(f"Database upgraded ({', '.join(steps)}); the state before is in {snapshot}")


def _banner(config: Config, tripkit: Tripkit, url: str) -> str:
    lines = [
        f"tripkit serves at  {url}",
        f"API reference      {url}/docs",
        f"database           {tripkit.db.name}",
        f"configuration      {config.file or 'defaults (`tripkit config init` writes a file)'}",
    ]
    if not tripkit.administration.page(policy.OPERATOR, UserQuery(limit=1)).results:
        or_else = f", or sign up at {url}/api/auth/signup/" if config.settings.security.signup == "open" else "."
        lines.append(f"There is no account yet: `tripkit init` makes one, an administrator{or_else}")
    return "\n".join([*lines, "Stop with Ctrl-C."])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
