"""`tripkit user`: administration of the accounts, for whoever runs this machine."""

import sys
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from tripkit.cli.command import DryRun, Json, Quiet, Yes, command, group
from tripkit.cli.context import confirm, opened
from tripkit.cli.files import ToFile, Written, binary_output, new_file
from tripkit.cli.output import Column, Output, moment
from tripkit.cli.password import PasswordStdin, ask
from tripkit.cli.progress import counted
from tripkit.errors import InvalidInput
from tripkit.schemas.administration import InviteIn, UserSession
from tripkit.schemas.users import NewUser, PasswordIn, UserOut, UserPatch
from tripkit.services.policy import OPERATOR

app = group("Administer the accounts.", local=True)

Name = Annotated[str, typer.Argument(metavar="USER", help="Email address, username or number.")]

_FIELDS = ("id", "username", "email", "first_name", "last_name", "is_active", "is_admin", "date_joined")
_SESSIONS = (
    Column("#", lambda session: str(session.id), whole=True),
    Column("Address", lambda session: session.client),
    Column("Device", lambda session: session.device),
    Column("Since", lambda session: moment(session.created_at), whole=True),
    Column("Refreshed", lambda session: moment(session.refreshed_at) if session.refreshed_at else "", from_width=100),
)
_COLUMNS = (
    Column("#", lambda user: str(user.id), whole=True),
    Column("Username", lambda user: user.username),
    Column("Email", lambda user: user.email),
    Column("Name", lambda user: f"{user.first_name} {user.last_name}".strip(), from_width=100),
    Column("Status", lambda user: _status(user), whole=True),
    Column("Role", lambda user: "admin" if user.is_admin else "", whole=True),
    Column("Joined", lambda user: moment(user.date_joined), from_width=100, whole=True),
)


@command(
    app,
    "create",
    answer="schemas.users.UserOut",
    example="tripkit user create --email ada@example.org --username ada --admin",
)
def create(
    ctx: typer.Context,
    email: Annotated[str | None, typer.Option("--email", help="Email address.")] = None,
    username: Annotated[
        str | None, typer.Option("--username", help="3 to 30 letters, digits, dots, underscores or hyphens.")
    ] = None,
    first_name: Annotated[str | None, typer.Option("--first-name", help="First name.")] = None,
    last_name: Annotated[str | None, typer.Option("--last-name", help="Last name.")] = None,
    is_admin: Annotated[bool, typer.Option("--admin", help="Make it an administrator.")] = False,
    password_stdin: PasswordStdin = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make an account. Its password is asked for. In a pipe its number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    fields = _given(email=email, username=username, first_name=first_name, last_name=last_name, is_admin=is_admin)
    if not fields.keys() >= {"email", "username"}:
        convert(NewUser, fields | {"password": ""}, text=True)  # complains, before a password is asked for
    form = convert(NewUser, fields | {"password": ask(stdin=password_stdin)}, text=True)
    with opened(ctx, out) as tripkit:
        user = tripkit.administration.create(OPERATOR, form)
    out.done(user, f"Made the account {_named(user)}{', an administrator' if user.is_admin else ''}.", created=True)


@command(app, "invite", answer="schemas.administration.Invited", example="tripkit user invite --email ada@example.org")
def invite(
    ctx: typer.Context,
    email: Annotated[str | None, typer.Option("--email", help="Email address.")] = None,
    username: Annotated[
        str | None, typer.Option("--username", help="Username; without it, one is made from the address.")
    ] = None,
    first_name: Annotated[str | None, typer.Option("--first-name", help="First name.")] = None,
    last_name: Annotated[str | None, typer.Option("--last-name", help="Last name.")] = None,
    is_admin: Annotated[bool, typer.Option("--admin", help="Make it an administrator.")] = False,
    again: Annotated[
        str | None,
        typer.Option("--again", metavar="USER", help="Invite somebody anew who has not accepted yet; nothing else."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make an account for somebody who sets the password, and mail a link for that while a server runs.

    Prints the token of the link, which is good once, for those whom mail does not reach. The person sends it to
    `/api/auth/invitation/`, with the new password.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    fields = _given(email=email, username=username, first_name=first_name, last_name=last_name)
    if again is not None and (fields or is_admin):
        raise InvalidInput("--again stands alone: the account is there already, and stays as it is.")
    with opened(ctx, out) as tripkit:
        if again is not None:
            invited = tripkit.invitations.renew(OPERATOR, _find(tripkit, again).id)
        else:
            form = convert(InviteIn, fields | {"is_admin": is_admin}, text=True)
            invited = tripkit.invitations.invite(OPERATOR, form)
    out.tell(f"Invited {_named(invited.user)}, until {moment(invited.expires_at)}. The token is for nobody else:")
    out.text(invited.token, invited)


@command(app, "list", answer="schemas.users.UserOut[]", example="tripkit user list --search example.org")
def list_(
    ctx: typer.Context,
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only those with this in address, username or name.")
    ] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the accounts.

    In a pipe, without header: number, username, email address, first name, last name, active, administrator, joined.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        users = tripkit.administration.everybody(OPERATOR, search)
    nobody = "There is no account yet: `tripkit init` makes one."
    out.records(users, _FIELDS, _COLUMNS, empty="Nobody was found." if search else nobody)


@command(app, "show", answer="schemas.users.UserOut", example="tripkit user show ada")
def show(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Show one account. In a pipe each line is a field, a tab and its value."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        out.record(_find(tripkit, user))


@command(app, "edit", answer="schemas.users.UserOut", example="tripkit user edit ada --email ada@example.net")
def edit(
    ctx: typer.Context,
    user: Name,
    email: Annotated[str | None, typer.Option("--email", help="A new address has to be verified anew.")] = None,
    username: Annotated[str | None, typer.Option("--username", help="Username.")] = None,
    first_name: Annotated[str | None, typer.Option("--first-name", help="First name.")] = None,
    last_name: Annotated[str | None, typer.Option("--last-name", help="Last name.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change an account's address or names."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    changes = _given(email=email, username=username, first_name=first_name, last_name=last_name)
    if not changes:
        raise InvalidInput("Nothing to change: give --email, --username, --first-name or --last-name.")
    patch = convert(UserPatch, changes, text=True)
    with opened(ctx, out) as tripkit:
        changed = tripkit.administration.edit(OPERATOR, _find(tripkit, user).id, patch)
    out.done(changed, f"Changed the account {_named(changed)}.")


@command(app, "password", answer="schemas.users.UserOut", example="tripkit user password ada")
def password(
    ctx: typer.Context, user: Name, password_stdin: PasswordStdin = False, json: Json = False, quiet: Quiet = False
) -> None:
    """Give an account a new password, which is asked for. All its sessions end."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = _find(tripkit, user)
        form = convert(PasswordIn, {"password": ask(stdin=password_stdin)}, text=True)
        tripkit.administration.set_password(OPERATOR, found.id, form.password)
    out.done(found, f"Changed the password of {_named(found)} and ended all sessions of it.")


@command(app, "disable", answer="schemas.users.UserOut", example="tripkit user disable ada")
def disable(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Keep somebody out: sessions end and no new one can begin. The plans stay."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.administration.set_active(OPERATOR, _find(tripkit, user).id, active=False)
    out.done(found, f"Disabled the account {_named(found)}. `tripkit user enable {found.username}` undoes it.")


@command(app, "enable", answer="schemas.users.UserOut", example="tripkit user enable ada")
def enable(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Let somebody in again who was disabled."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.administration.set_active(OPERATOR, _find(tripkit, user).id, active=True)
    out.done(found, f"Enabled the account {_named(found)}.")


@command(app, "verify", answer="schemas.users.UserOut", example="tripkit user verify ada")
def verify(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Vouch for the email address of an account: it counts as verified."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.administration.verify(OPERATOR, _find(tripkit, user).id)
    out.done(found, f"The address of {_named(found)} counts as verified now.")


@command(app, "sessions", answer="schemas.administration.UserSession[]", example="tripkit user sessions ada")
def sessions(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """List where somebody is signed in, newest first.

    In a pipe, without header: number, address, device, since when, last refreshed, until when at most.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = _find(tripkit, user)
        signed_in = tripkit.administration.sessions(OPERATOR, found.id)
    out.records(signed_in, UserSession.__struct_fields__, _SESSIONS, empty=f"{_named(found)} is signed in nowhere.")


@command(app, "end-sessions", answer="schemas.users.UserOut", example="tripkit user end-sessions ada")
def end_sessions(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Sign somebody out everywhere, at once."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = _find(tripkit, user)
        ended = tripkit.administration.end_sessions(OPERATOR, found.id)
    out.done(found, f"Ended {ended} session{'' if ended == 1 else 's'} of {_named(found)}.")


@command(app, "promote", answer="schemas.users.UserOut", example="tripkit user promote ada")
def promote(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Make somebody an administrator."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.administration.set_admin(OPERATOR, _find(tripkit, user).id, admin=True)
    out.done(found, f"{_named(found)} is an administrator now.")


@command(app, "demote", answer="schemas.users.UserOut", example="tripkit user demote ada")
def demote(ctx: typer.Context, user: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Make an administrator a user like others. All their sessions end."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.administration.set_admin(OPERATOR, _find(tripkit, user).id, admin=False)
    out.done(found, f"{_named(found)} is no administrator any more.")


@command(app, "export", answer="cli.files.Written", example="tripkit user export ada --output ada.zip")
def export(ctx: typer.Context, user: Name, output: ToFile = None, json: Json = False, quiet: Quiet = False) -> None:
    """Write everything that is kept about somebody into a zip archive of JSON documents, without secrets."""
    out = Output(json=json, quiet=quiet)
    pipe = None if output else binary_output()
    with opened(ctx, out) as tripkit:
        found = _find(tripkit, user)
        if pipe:
            _write(tripkit, found, pipe, out)
        elif output:
            _export(tripkit, found, output, out)
    out.tell(f"Wrote everything about {_named(found)}.")
    if output:
        out.text(str(output), Written(str(output)))


@command(app, "delete", answer="schemas.users.UserOut", example="tripkit user delete ada --export ada.zip --yes")
def delete(
    ctx: typer.Context,
    user: Name,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write everything about them there before. It replaces none."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Delete an account and all its plans, for good. On a terminal it asks whether to export everything before."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = _find(tripkit, user)
        if dry_run:
            count = tripkit.administration.plans_of(OPERATOR, found.id)
            plans = f"{count} plan{'' if count == 1 else 's'}"
            out.done(found, f"This would be deleted: the account {_named(found)} with {plans}, those in the trash too.")
            return
        if export is None and not yes and sys.stdin.isatty():
            offered = Path(f"tripkit-{found.username}.zip")
            wanted = typer.confirm(f"Write everything about {_named(found)} to {offered} before?", True, err=True)
            export = offered if wanted else None
        confirm(f"Delete the account {_named(found)} and all its plans for good?", yes=yes)
        if export is not None:
            _export(tripkit, found, export, out)
            out.tell(f"Wrote everything about {_named(found)} to {export}.")
        tripkit.administration.delete(OPERATOR, found.id)
    out.done(found, f"Deleted the account {_named(found)}.")


def _export(tripkit: Any, user: UserOut, path: Path, out: Output) -> None:
    with new_file(path) as archive:
        _write(tripkit, user, archive, out)


def _write(tripkit: Any, user: UserOut, archive: IO[bytes], out: Output) -> None:
    with counted(out, "Rows") as more:
        tripkit.data_export.write(OPERATOR, user.id, archive, told=more)


def _status(user: UserOut) -> str:
    if not user.is_active:
        return "disabled"
    return "invited" if user.invited_at else "active"


def _find(tripkit: Any, name: str) -> UserOut:
    from tripkit.services.jsontext import check_strings

    check_strings(name, "USER")
    found: UserOut = tripkit.administration.find(OPERATOR, name)
    return found


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _named(user: UserOut) -> str:
    return f"{user.username} ({user.email})"
