"""`tripkit ratelimit`: what the limits count, and letting somebody in again."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tripkit.cli.command import Json, Quiet, command, group
from tripkit.cli.context import opened
from tripkit.cli.output import Column, Output, moment
from tripkit.config import OPTIONS
from tripkit.config.rates import Window
from tripkit.schemas.rate_limits import Standing
from tripkit.services.policy import OPERATOR

if TYPE_CHECKING:
    from tripkit.services.rate_limit_admin import RateLimitAdmin

app = group("See what the rate limits count, and let somebody in again.", local=True)

_FIELDS = ("rule", "key", "spent", "limit", "seconds", "ends_at")
_RULE = Column("Rule", lambda standing: standing.rule, whole=True)
_NOW = Column("Now", lambda standing: _now(standing), whole=True)
_KEY = Column("Counted for", lambda standing: standing.key)
_ABOUT = Column("What it limits", lambda standing: OPTIONS[f"ratelimit.{standing.rule}"].rule, from_width=130)


class Reset(msgspec.Struct, frozen=True):
    """What was reset, as far as it could be seen."""

    key: str
    counters: list[Standing]


@command(app, "list", answer="schemas.rate_limits.Standing[]", example="tripkit ratelimit list --spent")
def list_(
    ctx: typer.Context,
    spent: Annotated[bool, typer.Option("--spent", help="Only what is used up.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List every counter whose window runs: the rule, what is spent, and whom it is counted for.

    In a pipe, without header: rule, key, spent, limit, seconds of the window, and its end. Of a server that counts in
    its memory only what it saves can be seen: windows of an hour or more, as they were some seconds ago.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        admin = tripkit.rate_limit_admin
        found = admin.standings(OPERATOR)
        _say_what_is_seen(out, admin)
    shown = [each for each in found if not spent or (each.spent or 0) >= each.limit]
    out.records(shown, _FIELDS, (_RULE, _NOW, _KEY), empty="Nothing is counted.")


@command(app, "explain", answer="schemas.rate_limits.Standing[]", example="tripkit ratelimit explain 2001:db8::17")
def explain(
    ctx: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="An IP address, or the email address of an account.")
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which rules apply to an address, how much is spent, and when each window ends.

    In a pipe as `list`; what is spent is empty where only the server knows it, and the end where no window runs.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        admin = tripkit.rate_limit_admin
        found = admin.explain(OPERATOR, address)
        _say_what_it_counts_as(out, admin, address)
        _say_what_is_seen(out, admin)
    out.records(found, _FIELDS, (_RULE, _NOW, _KEY, _ABOUT), empty="No rule applies to it.")


@command(app, "reset", answer="cli.ratelimit.Reset", example="tripkit ratelimit reset 192.0.2.17")
def reset(
    ctx: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="An IP address, an email address, or a key as `list` shows it.")
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forget all that was counted for somebody, by every rule, so that they may go on at once.

    A server that counts in its memory forgets it within seconds, also what cannot be seen from here.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        admin = tripkit.rate_limit_admin
        found = admin.reset(OPERATOR, key)
        _say_what_it_counts_as(out, admin, key)
    counters = "1 counter" if len(found) == 1 else f"{len(found)} counters"
    done = f"Deleted {counters} of {admin.key(key)}."
    if not admin.sees_all:
        done += " A server that runs forgets within seconds all that it has in memory of it."
    out.done(Reset(admin.key(key), found), done)


def _say_what_it_counts_as(out: Output, admin: "RateLimitAdmin", text: str) -> None:
    if (key := admin.key(text)) != text:
        out.tell(f"{text} counts as {key}.")


def _say_what_is_seen(out: Output, admin: "RateLimitAdmin") -> None:
    if not admin.sees_all:
        out.tell(
            "The server counts in its memory, which commands cannot see. It saves windows of an hour or more: "
            "these are shown, as they were up to 10 seconds ago."
        )


def _now(standing: Standing) -> str:
    window = Window(standing.limit, standing.seconds)
    if standing.spent is None:
        return f"{window}; only the server knows what is spent"
    if standing.ends_at is None:
        return f"nothing spent of {window}"
    until = f"until {moment(standing.ends_at)}"
    if standing.spent >= standing.limit:
        return f"used up: {window}, {until}"
    return f"{standing.spent} spent of {window}, {until}"
