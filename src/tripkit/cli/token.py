"""`tripkit token`: API tokens of the acting user, for programs."""

from typing import Annotated, Any

import typer

from tripkit.cli.command import Json, Quiet, User, command, group
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output, moment
from tripkit.errors import InvalidInput, NotFound
from tripkit.schemas.api_tokens import ApiTokenIn

app = group("Make, list and revoke API tokens.")

_FIELDS = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
_COLUMNS = (
    Column("#", lambda token: str(token.id), whole=True),
    Column("Name", lambda token: token.name),
    Column("Scopes", lambda token: " ".join(token.scopes), whole=True),
    Column("Made", lambda token: moment(token.created_at), from_width=120, whole=True),
    Column("Expires", lambda token: moment(token.expires_at) if token.expires_at else "never", whole=True),
    Column("Last used", lambda token: moment(token.last_used_at) if token.last_used_at else "never", from_width=100),
)


@command(
    app,
    "create",
    answer="schemas.api_tokens.NewApiToken",
    example="tripkit token create 'backup script' --scope plans:read --expires-in-days 30",
)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scopes: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="plans:read, plans:write (includes plans:read), account or admin. May be given several times.",
        ),
    ] = None,
    expires_in_days: Annotated[
        str | None, typer.Option("--expires-in-days", metavar="DAYS", help="From 1 to 366; 90 unless given.")
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="It never expires.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make an API token, and print it. It is not shown again."""
    from tripkit.services.validation import convert

    if never and expires_in_days is not None:
        raise InvalidInput("Give --expires-in-days or --never, and not both.")
    out = Output(json=json, quiet=quiet)
    fields: dict[str, Any] = {"name": name, "scopes": scopes or []}
    if never or expires_in_days is not None:
        fields["expires_in_days"] = None if never else expires_in_days
    form = convert(ApiTokenIn, fields, text=True)
    with connected(ctx, out, user) as backend:
        made = backend.api_tokens.create(form)
    until = f"until {moment(made.expires_at)}" if made.expires_at else "until it is revoked"
    out.tell(f"Made token {made.id} for {backend.username}, good {until}. Keep it: it is not shown again.")
    out.text(made.token, made)


@command(app, "list", answer="schemas.api_tokens.ApiTokenOut[]", example="tripkit token list --json")
def list_(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List the API tokens.

    In a pipe, without header: number, name, scopes, when it was made, when it expires, when it was last used.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.api_tokens.all().results
    out.records(found, _FIELDS, _COLUMNS, empty="There is no token yet: `tripkit token create` makes one.")


@command(app, "revoke", answer="schemas.api_tokens.ApiTokenOut", example="tripkit token revoke 3")
def revoke(
    ctx: typer.Context,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its number.")],
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Revoke an API token: it is worth nothing at once."""
    out = Output(json=json, quiet=quiet)
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise NotFound("API token with the number", token)
    with connected(ctx, out, user) as backend:
        found = backend.api_tokens.get(int(token))
        backend.api_tokens.revoke(found.id)
    out.done(found, f"Revoked token {found.id} ({found.name}).")
