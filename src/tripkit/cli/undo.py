"""`tripkit undo`: take back what was done last, in whichever plan that was."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import typer

from tripkit.cli.command import DryRun, Group, Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import Output
from tripkit.errors import Conflict
from tripkit.schemas.changes import ChangeOut, ChangeQuery
from tripkit.schemas.plans import PlanOut, PlanQuery

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend

app = typer.Typer(cls=Group, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


class Undone(msgspec.Struct, frozen=True):
    """What was taken back: a change of a plan."""

    plan_id: int
    title: str
    #: The version of the plan that the change had made.
    version: int
    summary: str


@command(app, "undo", answer="cli.undo.Undone", example="tripkit undo --dry-run")
def undo(
    ctx: typer.Context,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take back what you did last in any plan: a change, a deletion, or a plan that you made.

    Once more, and what you did before that is taken back; but a plan that went into the trash comes out of it again.
    `tripkit plan undo` takes back something else.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan, change = _last(backend)
        try:
            _take_back(backend, plan, change, really=not dry_run)
        except Conflict as refused:
            if type(refused) is not Conflict:
                raise
            raise Conflict(f'In plan {plan.id} "{plan.title}": {refused}') from None
    done = "This would be taken back" if dry_run else "Took this back"
    out.done(
        Undone(plan.id, plan.title, change.version, change.summary),
        f'{done} in plan {plan.id} "{plan.title}": {change.summary}',
    )


def _take_back(backend: "Backend", plan: PlanOut, change: ChangeOut, *, really: bool) -> None:
    if change.action.startswith("access."):
        raise Conflict(
            f"{change.summary} That is about access, which no undo changes: change members or links instead."
        )
    if not really:
        return
    if change.action == "plan.trash":
        backend.plans.restore(plan.id)
    elif change.action == "plan.create":
        backend.plans.trash(plan.id)
    else:
        backend.history.undo(plan.id, change.version)


def _last(backend: "Backend") -> tuple[PlanOut, ChangeOut]:
    """The last change that still stands of whoever acts, and the plan it was in; raises `Conflict` if there is none."""
    who = backend.username or backend.account.profile().username
    found: tuple[PlanOut, ChangeOut] | None = None
    for plan in _newest_first(backend):
        if found is not None and plan.updated_at < found[1].at:
            break
        since = found[1].at if found else None
        change = last_of(backend, plan, who, since)
        if change is not None:
            found = plan, change
    if found is None:
        raise Conflict("You have changed nothing that could be taken back.")
    return found


def _newest_first(backend: "Backend") -> Iterator[PlanOut]:
    """Plans, and those in the trash, by when they were changed last."""
    from heapq import merge

    def pages(*, trashed: bool) -> Iterator[PlanOut]:
        query = PlanQuery(trashed=trashed, limit=20)
        while True:
            page = backend.plans.page(query)
            yield from page.results
            if page.cursor is None:
                return
            query = msgspec.structs.replace(query, cursor=page.cursor)

    return merge(pages(trashed=False), pages(trashed=True), key=lambda plan: plan.updated_at, reverse=True)


def last_of(backend: "Backend", plan: PlanOut, who: str, since: datetime | None) -> ChangeOut | None:
    """The last change of somebody in a plan that still stands, if there is one after `since`."""
    if plan.trashed_at is not None:
        # Its history is not shown, and deleting it was the last that happened.
        return ChangeOut(
            plan.version, plan.trashed_at, who, "unknown", "plan.trash", None, "Put the plan into the trash.", []
        )
    query = ChangeQuery()
    undone: set[int | None] = set()
    put_back = False
    while True:
        page = backend.history.page(plan.id, query)
        for change in page.results:
            if since is not None and change.at <= since:
                return None
            if change.version in undone:
                continue  # as the history itself has it: an undo that was taken back is none
            if change.action == "history.undo":
                undone.add(change.target)
            elif change.action == "plan.trash" and put_back:
                put_back = False
            elif change.action == "plan.restore":
                put_back = True
            elif change.user == who:
                return change
        if page.cursor is None:
            return None
        query = ChangeQuery(cursor=page.cursor)
