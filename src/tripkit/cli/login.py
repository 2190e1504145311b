"""`tripkit login`: credentials for a server."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tripkit.cli.command import Json, LocalGroup, Quiet, command
from tripkit.cli.context import invocation
from tripkit.cli.output import Output, write_json
from tripkit.cli.servers import LOCAL, Server, chosen, logins_of, named
from tripkit.errors import InsufficientScope, InvalidCode, InvalidInput, TripkitError

if TYPE_CHECKING:
    from tripkit.client import Client
    from tripkit.client.authorization import Authorization
    from tripkit.client.logins import Login, Logins, Secret
    from tripkit.config import Settings

app = typer.Typer(cls=LocalGroup, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


class LoggedIn(msgspec.Struct, frozen=True):
    """A server that commands may work on from now on."""

    server: str
    username: str | None
    #: Whether they do so unless told otherwise.
    is_default: bool


#: Codes that may be wrong, one after the other.
_TRIES = 3


@command(app, "login", answer="cli.login.LoggedIn", example="tripkit login https://trips.example.org")
def login(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the server, or a profile of the settings.")],
    email: Annotated[str | None, typer.Option("--email", help="Email address of the account.")] = None,
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help="Read the password from standard input, and from its next line the code of a second factor.",
        ),
    ] = False,
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Use an API token, which is read from standard input.")
    ] = False,
    keep_default: Annotated[
        bool, typer.Option("--keep-default", help="Let commands work where they do now, unless --server is given.")
    ] = False,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Allow plain http to another machine. Everybody on the way can read along."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Sign in to a server. From then on commands work there; `tripkit logout` ends that.

    The credential is kept in the keyring of the system, or in a file that only you can read. Your password is not.
    """
    from msgspec.structs import replace

    out = Output(json=json, quiet=quiet)
    if with_token and (email or password_stdin):
        raise InvalidInput("Give --with-token or a password, and not both.")
    config = invocation(ctx).config
    settings = config.settings
    server = named(settings, url, "URL", insecure=insecure)
    if server is None:
        raise InvalidInput("The local database needs no login: whoever can open it may use it.")
    server = replace(server, token="")
    logins = logins_of(settings)
    with logins.locked():  # what cannot be kept is not asked for
        earlier = logins.all().get(server.url)
    made, secret = (
        _with_token(server, settings) if with_token else _with_password(server, settings, email, password_stdin)
    )
    kept = _keep(logins, server, settings, made, secret, earlier=earlier, default=not keep_default)
    place = f"{logins.path}, which only you can read" if kept.secret else "the keyring of the system"
    who = f"as {kept.username}" if kept.username else "with an API token"
    out.tell(f"Signed in to {server.url} {who}. The credential is kept in {place}.")
    choice = chosen(ctx, config)
    is_default = choice.server is not None and choice.server.url == server.url
    if is_default:
        out.tell(f"Commands work there from now on; with --server {LOCAL} one works on this machine.")
    elif not keep_default:
        out.warn(
            f"{choice.origin} chooses {choice.server.url if choice.server else 'the local database'} all the same."
        )
    if out.json:
        write_json(LoggedIn(server.url, kept.username or None, is_default))


def _with_password(
    server: Server, settings: "Settings", email: str | None, password_stdin: bool
) -> tuple["Login", "Secret"]:
    from tripkit.client.logins import Login, Secret

    with _client(server, settings) as client:
        client.greet()  # before anything is asked
        email = email or _prompt("Email address")
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _prompt("Password", hidden=True)
        for left in reversed(range(1 if password_stdin else _TRIES)):
            try:
                signed_in = client.sign_in(email, password, code=lambda: _code(password_stdin))
                break
            except InvalidCode as wrong:
                if not left:
                    raise
                print(wrong, file=sys.stderr)
    login = Login(signed_in.user.username, insecure=server.insecure)
    return login, Secret(tokens=signed_in.tokens)


def _with_token(server: Server, settings: "Settings") -> tuple["Login", "Secret"]:
    from tripkit.client.authorization import ApiToken
    from tripkit.client.logins import Login, Secret

    token = sys.stdin.readline().strip() if not sys.stdin.isatty() else _prompt("API token", hidden=True)
    if not token or not token.isascii() or not token.isprintable():
        raise InvalidInput("There is no API token on standard input. `tripkit token create` makes one.")
    username = ""
    # An API token may be good, and for plans alone.
    with _client(server, settings, ApiToken(token)) as client, suppress(InsufficientScope):
        username = client.account.profile().username
    return Login(username, is_api_token=True, insecure=server.insecure), Secret(api_token=token)


def _keep(
    logins: "Logins",
    server: Server,
    settings: "Settings",
    made: "Login",
    secret: "Secret",
    *,
    earlier: "Login | None",
    default: bool,
) -> "Login":
    """Keep it, and end the session that it takes the place of; what cannot be kept is ended itself."""
    from tripkit.client.authorization import Session

    before = None
    with suppress(TripkitError):
        before = logins.secret(server.url).tokens if earlier else None
    try:
        with logins.locked():
            kept = logins.keep(server.url, made, secret, default=default)
        over = before
    except BaseException:
        over = secret.tokens
        raise
    finally:
        if over is not None:
            with suppress(TripkitError), _client(server, settings, Session(over)) as client:
                client.account.log_out()
    return kept


def _client(server: Server, settings: "Settings", authorization: "Authorization | None" = None) -> "Client":
    from tripkit.client import Client

    timeout = settings.client.timeout
    return Client(server.url, authorization=authorization, timeout=timeout, insecure=server.insecure)


def _code(password_stdin: bool) -> str:
    if password_stdin:
        return sys.stdin.readline().strip()
    return _prompt("Code of the second factor")


def _prompt(text: str, *, hidden: bool = False) -> str:
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"There is no terminal to ask on ({text.lower()}). Give --email and --password-stdin, or --with-token."
        )
    return str(typer.prompt(text, hide_input=hidden, err=True))
