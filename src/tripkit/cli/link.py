"""`tripkit link`: links through which people without an account read a plan of the acting user."""

import re
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from tripkit.cli import output
from tripkit.cli.command import Json, Quiet, User, command, group
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output, cell, moment, plain
from tripkit.cli.password import PasswordStdin, ask
from tripkit.cli.plan_form import Name
from tripkit.errors import InvalidInput, NotFound, ValidationFailed
from tripkit.schemas.share_links import ShareLinkIn, ShareLinkOut, ShareLinkPatch

app = group("Share plans with people who have no account.")

Link = Annotated[str, typer.Argument(metavar="LINK", help="Its number; see `tripkit link list`.")]
Label = Annotated[str | None, typer.Option("--label", help="What to call it. Whoever opens the link sees it.")]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires",
        metavar="WHEN",
        help="When it ends: after 12h, 30d or 8w, at the end of a day like 2027-05-01, or never (as without it).",
    ),
]
Hide = Annotated[
    str | None,
    typer.Option(
        "--hide", metavar="WHAT,…", help="What is not shown: costs, references, notes, participants; '' for nothing."
    ),
]
Password = Annotated[bool, typer.Option("--password", help="Ask for a password that opens it.")]

_SPAN: Final = re.compile(r"(\d{1,4})([hdw])", re.ASCII)
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")
_FIELDS = (
    "id", "label", "enabled", "has_password", "redactions", "expires_at", "views", "last_viewed_at", "created_at",
)  # fmt: skip
_COLUMNS = (
    Column("#", lambda link: str(link.id), whole=True),
    Column("Label", lambda link: link.label),
    Column("State", lambda link: _state(link), whole=True),
    Column("Password", lambda link: plain(link.has_password), whole=True),
    Column("Hidden", lambda link: plain(link.redactions), from_width=80),
    Column("Expires", lambda link: moment(link.expires_at) if link.expires_at else "never", whole=True),
    Column("Views", lambda link: str(link.views), whole=True),
    Column("Last", lambda link: moment(link.last_viewed_at) if link.last_viewed_at else "", from_width=100, whole=True),
)


@command(
    app,
    "create",
    answer="schemas.share_links.NewShareLink",
    example="tripkit link create kyoto --label 'For the neighbours' --expires 30d --hide costs",
)
def create(
    ctx: typer.Context,
    plan: Name,
    label: Label = None,
    expires_at: Expires = None,
    redactions: Hide = None,
    password: Password = False,
    password_stdin: PasswordStdin = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a link to a plan, and print it. It is not shown again."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    form = convert(ShareLinkIn, _fields(label, expires_at, redactions, _asked(password, password_stdin)), text=False)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        link = backend.share_links.create(plan_id, form)
    out.tell(f"Made link {link.id}. Whoever has it reads the plan {_without(link)}. It is not shown again.")
    if urlsplit(link.url).hostname in _THIS_MACHINE:
        out.tell("It is for this machine only: to others, server.public_url has to say how they reach the server.")
    out.text(link.url, link)


@command(app, "list", answer="schemas.share_links.ShareLinkOut[]", example="tripkit link list kyoto --json")
def list_(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List the links to a plan.

    In a pipe, without header: number, label, whether it is on, whether it has a password, what is hidden, end, views,
    last view, when it was made.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.share_links.all(backend.plans.resolve(plan)).results
    out.records(found, _FIELDS, _COLUMNS, empty="There is no link to this plan yet: `tripkit link create` makes one.")


@command(app, "show", answer="schemas.share_links.ShareViewOut[]", example="tripkit link show kyoto 3")
def show(
    ctx: typer.Context, plan: Name, link: Link, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Show a link and who looked at it, roughly: a line for each day, network and kind of browser.

    In a pipe, without header: day, network, browser, views, last view. With --json, the views alone.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        found = backend.share_links.get(plan_id, _number(link))
        views = backend.share_links.views(plan_id, found.id).results
    if output.is_terminal() and not out.json:
        out.record(found)
    columns = (
        Column("Day", lambda view: cell(view.day), whole=True),
        Column("Network", lambda view: view.client),
        Column("Browser", lambda view: view.browser),
        Column("Views", lambda view: str(view.count), whole=True),
    )
    out.records(views, ("day", "client", "browser", "count", "last_at"), columns, empty="Nobody has looked at it yet.")


@command(
    app, "edit", answer="schemas.share_links.ShareLinkOut", example="tripkit link edit kyoto 3 --expires never --off"
)
def edit(
    ctx: typer.Context,
    plan: Name,
    link: Link,
    label: Label = None,
    expires_at: Expires = None,
    redactions: Hide = None,
    password: Password = False,
    password_stdin: PasswordStdin = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="It opens without a password.")] = False,
    on: Annotated[bool, typer.Option("--on", help="Switch it on again.")] = False,
    off: Annotated[bool, typer.Option("--off", help="Switch it off.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change a link; what is not named stays. It acts at once."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    if (on and off) or (no_password and (password or password_stdin)):
        raise InvalidInput("Say --on or --off, a password or --no-password, and not both.")
    changes = _fields(label, expires_at, redactions, _asked(password, password_stdin))
    changes |= {"enabled": on} if on or off else {}
    changes |= {"password": None} if no_password else {}
    if not changes:
        raise InvalidInput("Nothing to change: name a field, such as --label. `tripkit link edit --help` lists them.")
    patch = convert(ShareLinkPatch, changes, text=False)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        changed = backend.share_links.edit(plan_id, _number(link), patch)
    out.done(changed, f"Changed link {changed.id}: it is {_state(changed)}, and shows the plan {_without(changed)}.")


@command(app, "revoke", answer="schemas.share_links.ShareLinkOut", example="tripkit link revoke kyoto 3")
def revoke(
    ctx: typer.Context, plan: Name, link: Link, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Revoke a link: it is worth nothing at once, and its log of views is deleted."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        revoked = backend.share_links.revoke(plan_id, _number(link))
    out.done(revoked, f"Revoked link {revoked.id}{f' ({revoked.label})' if revoked.label else ''}.")


def _fields(label: str | None, expires_at: str | None, hide: str | None, password: str | None) -> dict[str, Any]:
    """The fields that were given."""
    found: dict[str, Any] = {} if label is None else {"label": label}
    if expires_at is not None:
        found["expires_at"] = _moment(expires_at)
    if hide is not None:
        found["redactions"] = [part.strip() for part in hide.split(",") if part.strip()]
    if password is not None:
        found["password"] = password
    return found


def _asked(wanted: bool, stdin: bool) -> str | None:
    return ask(stdin=stdin) if wanted or stdin else None


def _moment(text: str) -> datetime | None:
    """When a link ends, by the clock of this machine; None is never."""
    from tripkit.services.clock import utc_now

    text = text.strip()
    if text in ("", "never"):
        return None
    if span := _SPAN.fullmatch(text):
        return utc_now() + int(span[1]) * _UNITS[span[2]]
    try:
        found = datetime.fromisoformat(text)
        if len(text) == 10:
            found = datetime.combine(found + timedelta(days=1), time.min)
        return found.astimezone()
    except (ValueError, OverflowError, OSError):
        raise ValidationFailed(
            {"expires_at": ["must be a time like 12h, 30d or 8w, a day like 2027-05-01, or never."]}
        ) from None


def _number(link: str) -> int:
    if not (link.isascii() and link.isdecimal() and len(link) < 19):
        raise NotFound("link with the number", link)
    return int(link)


def _state(link: ShareLinkOut) -> str:
    from tripkit.services.clock import utc_now

    if not link.enabled:
        return "off"
    return "expired" if link.expires_at and link.expires_at <= utc_now() else "on"


def _without(link: ShareLinkOut) -> str:
    return f"without {plain(link.redactions)}" if link.redactions else "with all there is to it"
