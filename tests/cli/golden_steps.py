"""One command after the other on a machine, so that each is run once: what it shows is in `golden/`."""

from collections.abc import Callable
from typing import Final

import pyotp
from msgspec import Struct

from .machine import PASSWORD, Machine

Text = str | Callable[[Machine], str] | None


class Step(Struct, frozen=True):
    """A command, and what is piped into it. `words` are behind its name."""

    name: str
    words: tuple[str, ...] = ()
    text: Text = None
    env: dict[str, str] = {}
    code: int = 0
    shown: bool = True


def _of(name: str, *words: str, text: Text = None, code: int = 0, **env: str) -> Step:
    return Step(name, words, text, env, code)


def _before(name: str, *words: str, text: Text = None) -> Step:
    """What has to be so before, and is not looked at."""
    return Step(name, words, text, shown=False)


def _code(machine: Machine) -> str:
    """A code of the app that was set up last."""
    return str(pyotp.parse_uri(machine.run("factor", "setup").stdout.strip()).at(machine.now)) + "\n"


_SED: Final = "sed -i"
#: An account for each role.
ACCOUNTS: Final = tuple(
    _before("user create", "--email", f"{name}@example.org", "--username", name, "--password-stdin", text=PASSWORD)
    for name in ("bob", "eve")
)
STEPS: Final = (
    *ACCOUNTS,
    _of("config init", "tripkit.toml.new"),
    _of("config path"),
    _of("config check"),
    _of("config show"),
    _of("db status"),
    _of("db upgrade"),
    _of("db reindex"),
    _of("help"),
    _of("whoami"),
    _of("status"),
    _of("plan new", "Norway by rail", "Oslo", "--start-date", "2027-08-02", "--budget", "1800", "--currency", "NOK"),
    _of("plan set", "norway", "--end-date", "2027-08-09", "--tag", "trains"),
    _of("plan edit", "norway", EDITOR=f"{_SED} 's/^title.*/title = \"Norway by train\"/'"),
    _of("plan list"),
    _of("plan show", "half way"),
    _of("plan archive", "norway"),
    _of("plan publish", "norway"),
    _of("plan rm", "norway"),
    _of("plan restore", "norway"),
    _of("plan copy", "half way", "--start", "2028-03-31", "--title", "Next year"),
    _of("plan check", "half way", code=6),
    _of("plan rate", "norway", "EUR", "NOK", "11.5"),
    _of("plan budget", "half way", "food", "300"),
    _of("plan totals", "half way"),
    _of(
        "item add",
        "norway",
        "Night train",
        "-k",
        "train",
        "--from",
        "Oslo",
        "--to",
        "Bergen",
        "--start",
        "2027-08-02 22:59",
        "--end",
        "2027-08-03 06:51",
        "--cost",
        "899",
        "--status",
        "booked",
    ),
    _of("item list", "half way"),
    _of("item show", "norway", "night train"),
    _of("item edit", "norway", "night train", "--reference", "QX7F2K"),
    _of("item mv", "norway", "night train", "--day", "2027-08-03"),
    _of("item rm", "norway", "night train"),
    _of("item restore", "norway", "night train"),
    _of("plan log", "norway"),
    _of("plan diff", "norway", "2", "4"),
    _of("plan undo", "norway"),
    _of("undo"),
    _of("search", "kyoto"),
    _of("agenda", "--from", "2027-03-30", "--to", "2027-04-02"),
    _of("traveller add", "half way", "Ada"),
    _of("traveller rename", "half way", "ada", "Ada Lovelace"),
    _of("expense add", "half way", "Dinner", "48.50", "--date", "2027-03-27", "--paid-by", "ada", "--for", "ada"),
    _of("expense list", "half way"),
    _of("expense show", "half way", "dinner"),
    _of("expense edit", "half way", "dinner", "--amount", "50"),
    _of("plan balances", "half way"),
    _of("expense rm", "half way", "dinner"),
    _of("expense restore", "half way", "dinner"),
    _of("traveller list", "half way"),
    _of("checklist new", "half way", "Packing", "Passport", "Adapter", "Umbrella"),
    _of("checklist list", "half way"),
    _of("checklist add", "half way", "packing", "Tea", "--for", "ada"),
    _of("checklist check", "half way", "packing", "passport", "tea"),
    _of("checklist uncheck", "half way", "packing", "tea"),
    _of("checklist edit", "half way", "packing", "umbrella", "--text", "Two umbrellas"),
    _of("checklist show", "half way", "packing"),
    _of("checklist rename", "half way", "packing", "Luggage"),
    _of("checklist copy", "half way", "luggage", "norway"),
    _of("checklist mv", "half way", "luggage", "--position", "1"),
    _of("checklist rm", "half way", "luggage"),
    _of("checklist restore", "half way", "luggage"),
    _of("checklist template list"),
    _of("checklist template show", "beach"),
    _of("checklist template new", "Cabin bag", "Passport", "Headphones"),
    _of("checklist template save", "half way", "luggage"),
    _of("checklist template rename", "luggage", "Suitcase"),
    _of("checklist template rm", "suitcase", "--yes"),
    _of("link create", "half way", "--label", "For the neighbours", "--hide", "costs", "--expires", "2027-06-01"),
    _of("link list", "half way"),
    _of("link show", "half way", "1"),
    _of("link edit", "half way", "1", "--off"),
    _of("link revoke", "half way", "1"),
    _of("plan share", "half way", "bob", "--role", "editor"),
    _of("plan members", "half way"),
    _of("plan transfer", "half way", "bob"),
    _of("plan unshare", "half way", "bob"),
    _before("user verify", "ada"),
    _before("user verify", "bob"),
    _before("plan share", "half way", "bob@example.org"),
    _of("plan invitations", "--user", "bob"),
    _of("plan join", "2", "--user", "bob"),
    _of("plan leave", "half way", "--user", "bob"),
    _before("traveller add", "half way", "Guest"),
    _of("traveller rm", "half way", "guest"),
    _of("token create", "backup script", "--scope", "plans:read"),
    _of("token list"),
    _of("token revoke", "1"),
    _of("factor show"),
    _of("factor setup"),
    _of("factor confirm", "--code-stdin", text=_code),
    _of("factor codes"),
    _of("factor remove", "--yes"),
    _of("user create", "--email", "dan@example.org", "--username", "dan", "--password-stdin", text=PASSWORD),
    _of("user invite", "--email", "fay@example.org"),
    _of("user list"),
    _of("user show", "dan"),
    _of("user edit", "dan", "--first-name", "Dan"),
    _of("user password", "dan", "--password-stdin", text=PASSWORD + " again"),
    _of("user disable", "dan"),
    _of("user enable", "dan"),
    _of("user verify", "dan"),
    _of("user sessions", "dan"),
    _of("user end-sessions", "dan"),
    _of("user promote", "dan"),
    _of("user demote", "dan"),
    _of("user export", "dan", "--output", "dan.zip"),
    _of("user delete", "dan", "--yes"),
    _of("audit list", "--limit", "3"),
    _of("audit verify"),
    _of("audit export", "--event", "user.deleted", "--output", "audit.jsonl"),
    _of("ratelimit list"),
    _of("ratelimit explain", "192.0.2.17"),
    _of("ratelimit reset", "192.0.2.17"),
    _of(
        "oauth check",
        "home",
        code=6,
        TRIPKIT_OAUTH__HOME__ISSUER="http://127.0.0.1:1",
        TRIPKIT_OAUTH__HOME__CLIENT_ID="tripkit",
        TRIPKIT_OAUTH__HOME__CLIENT_SECRET="s3cret",
    ),
    _of("mail test", "ada@example.org"),
    _of("mail queue"),
    _of("db downgrade", "--yes"),
)
