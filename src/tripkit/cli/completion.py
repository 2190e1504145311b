"""What the shell completes. Nothing here may fail or print: no completion is better than a broken prompt."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, get_args

from tripkit.schemas.expenses import REPAYMENT, Split
from tripkit.schemas.items import ItemStatus, Kind
from tripkit.schemas.members import MemberRole
from tripkit.schemas.plans import Ordering, Status
from tripkit.schemas.sharing import Role

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend

#: Set by the script of a shell, and to which shell it is.
_SHELL: Final = "_TRIPKIT_COMPLETE"
#: What a shell may take for more than text, and what looks like it.
_HARMLESS: Final = str.maketrans({"\\": "＼", "$": "＄", "`": "｀"})
_STEERS: Final = re.compile(r"[^\w .,+-]")
#: Places that are offered at once.
_PLACES = 20
#: Titles that are offered at once.
_SHOWN = 100
#: Seconds that a server gets for its part.
_PATIENCE = 2.0


def statuses(incomplete: str) -> list[str]:
    """The statuses of plans."""
    return [name for name in get_args(Status) if name.startswith(incomplete)]


def orderings(incomplete: str) -> list[str]:
    """The orders of lists of plans."""
    return [name for name in get_args(Ordering) if name.startswith(incomplete)]


def timezones(incomplete: str) -> list[str]:
    """IANA time zones."""
    from zoneinfo import available_timezones

    return sorted(name for name in available_timezones() if name.startswith(incomplete))


def currencies(incomplete: str) -> list[tuple[str, str]]:
    """Codes of currencies, with their names."""
    from tripkit.services.currencies import names

    return [each for each in names().items() if each[0].startswith(incomplete)]


def roles(incomplete: str) -> list[str]:
    """What somebody may be to a plan."""
    return [name for name in get_args(Role) if name.startswith(incomplete)]


def member_roles(incomplete: str) -> list[str]:
    """What the owner may let others be."""
    return [name for name in get_args(MemberRole) if name.startswith(incomplete)]


def kinds(incomplete: str) -> list[str]:
    """The kinds of items."""
    return [name for name in get_args(Kind) if name.startswith(incomplete)]


def expense_kinds(incomplete: str) -> list[str]:
    """The kinds of expenses."""
    return [name for name in (*get_args(Kind), REPAYMENT) if name.startswith(incomplete)]


def splits(incomplete: str) -> list[str]:
    """The ways to share an expense."""
    return [name for name in get_args(get_args(Split)[0]) if name.startswith(incomplete)]


def item_statuses(incomplete: str) -> list[str]:
    """The statuses of items."""
    return [name for name in get_args(ItemStatus) if name.startswith(incomplete)]


def topics(incomplete: str) -> list[tuple[str, str]]:
    """The topics of `tripkit help`, and the commands."""
    from tripkit.cli.app import COMMANDS
    from tripkit.cli.topics import TOPICS

    known = [(name, topic.summary) for name, topic in TOPICS.items()] + list(COMMANDS.items())
    return [each for each in known if each[0].startswith(incomplete)]


def findings(incomplete: str) -> list[str]:
    """The codes of what is found when a plan is checked."""
    from tripkit.schemas.checks import Code

    return [code for code in get_args(Code) if code.startswith(incomplete)]


def servers(ctx: Any, incomplete: str) -> list[str]:
    """The local database, profiles, and servers that this person is signed in to."""
    from tripkit.cli.context import Invocation
    from tripkit.cli.servers import LOCAL, logins_of

    found = [LOCAL]
    with suppress(Exception):
        settings = Invocation(ctx.find_root().params.get("config")).config.settings
        found += [*settings.profile, *logins_of(settings).all()]
    return [name for name in found if name.startswith(incomplete)]


def places(incomplete: str) -> list[tuple[str, str]]:
    """Airports by their codes, and towns, with what they are."""
    from tripkit.cli.output import cell

    found: list[tuple[str, str]] = []
    with suppress(Exception):
        from tripkit.services import gazetteer

        if code := gazetteer.airport(incomplete):
            found.append((code.iata or incomplete, cell(code.label)))
        for place in gazetteer.complete(incomplete, limit=_PLACES):
            named = (place.iata or place.name) if place.kind == "airport" else place.name
            found.append((named, cell(place.label)))
    typed = incomplete.casefold()
    return list(dict.fromkeys(each for each in found if each[0].casefold().startswith(typed)))


def plans(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the acting user's plans, with their titles."""
    from tripkit.schemas.plans import PlanQuery

    def found(backend: "Backend") -> list[tuple[int, str]]:
        page = backend.plans.page(PlanQuery(limit=_SHOWN))
        return [(plan.id, plan.title) for plan in page.results]

    return _numbered(ctx, incomplete, found)


def items(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the items of the plan that was named before, with their titles."""
    from tripkit.schemas.items import ItemQuery

    def found(backend: "Backend") -> list[tuple[int, str]]:
        plan_id = backend.plans.resolve(ctx.params["plan"])
        listed = backend.items.by_day(plan_id, ItemQuery())
        return [(item.id, item.title) for day in listed.days for item in day.items][:_SHOWN]

    return _numbered(ctx, incomplete, found)


def expenses(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the expenses of the plan that was named before, with their titles."""
    from tripkit.schemas.expenses import ExpenseQuery

    def found(backend: "Backend") -> list[tuple[int, str]]:
        plan_id = backend.plans.resolve(ctx.params["plan"])
        listed = backend.expenses.of_plan(plan_id, ExpenseQuery()).expenses
        return [(each.id, each.title) for each in listed[-_SHOWN:]]

    return _numbered(ctx, incomplete, found)


def travellers(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of those who come along in the plan that was named before, with their names."""

    def found(backend: "Backend") -> list[tuple[int, str]]:
        plan_id = backend.plans.resolve(ctx.params["plan"])
        return [(each.id, each.name) for each in backend.travellers.of_plan(plan_id).travellers]

    return _numbered(ctx, incomplete, found)


def checklists(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the checklists of the plan that was named before, with their names."""
    from tripkit.schemas.checklists import ChecklistQuery

    def found(backend: "Backend") -> list[tuple[int, str]]:
        plan_id = backend.plans.resolve(ctx.params["plan"])
        return [(each.id, each.name) for each in backend.checklists.of_plan(plan_id, ChecklistQuery()).checklists]

    return _numbered(ctx, incomplete, found)


def entries(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the entries of the checklist that was named before, with their texts."""

    def found(backend: "Backend") -> list[tuple[int, str]]:
        plan_id = backend.plans.resolve(ctx.params["plan"])
        checklist_id = backend.checklists.resolve(plan_id, ctx.params["checklist"])
        return [(each.id, each.text) for each in backend.checklists.get(plan_id, checklist_id).entries][:_SHOWN]

    return _numbered(ctx, incomplete, found)


def checklist_templates(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the acting user's templates, and the keys of those that come with tripkit, with their names."""
    from tripkit.services import packing

    def found(backend: "Backend") -> list[tuple[int, str]]:
        return [(each.id, each.name) for each in backend.checklist_templates.all().results]

    built_in = [(each.key, each.name) for each in packing.templates().values() if each.key.startswith(incomplete)]
    return _numbered(ctx, incomplete, found) + built_in


def _numbered(ctx: Any, incomplete: str, read: Callable[["Backend"], list[tuple[int, str]]]) -> list[tuple[str, str]]:
    """What `read` finds as the acting user, if its number or its title begins so."""
    from tripkit.cli.context import Invocation, connected
    from tripkit.cli.output import Output

    found: list[tuple[int, str]] = []
    with suppress(Exception):
        ctx.obj = Invocation(ctx.find_root().params.get("config"))
        if _is_there(ctx):
            user = ctx.params.get("user")
            with connected(ctx, Output(quiet=True), user, upgrade=False, timeout=_PATIENCE) as backend:
                found = read(backend)
    numbers = [(str(number), _shown(title)) for number, title in found if str(number).startswith(incomplete)]
    return numbers + _titles(incomplete, found)


def _titles(incomplete: str, found: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """The titles that begin so, as the shell takes them; those that would need quotes are named by number alone."""
    if not incomplete or incomplete.isdecimal():
        return []
    begun = [
        (incomplete + title[len(incomplete) :], str(number))
        for number, title in found
        if title[: len(incomplete)].casefold() == incomplete.casefold() and not _STEERS.search(title)
    ]
    # The other shells quote what they insert.
    in_bash = os.environ.get(_SHELL, "").endswith("bash")
    return [(title.replace(" ", "\\ ") if in_bash else title, number) for title, number in begun]


def _shown(title: str) -> str:
    """A title beside its number. It may be of somebody else, and zsh would run what stands in it."""
    from tripkit.cli.output import cell

    return cell(title).translate(_HARMLESS)


def _is_there(ctx: Any) -> bool:
    """Completing neither makes nor upgrades a database."""
    from tripkit.bootstrap import database_path
    from tripkit.cli.servers import chosen
    from tripkit.config import POSTGRES_SCHEMES

    settings = ctx.obj.config.settings
    return (
        chosen(ctx, ctx.obj.config).server is not None
        or settings.database.url.startswith(POSTGRES_SCHEMES)
        or database_path(settings).exists()
    )
