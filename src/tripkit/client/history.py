"""What was done with plans on a server, and the ways back."""

from tripkit.client.resource import Page, Resource, at, cursor_of
from tripkit.schemas.changes import (
    ChangeOut,
    ChangePage,
    ChangeQuery,
    Difference,
    DifferenceQuery,
    UndoIn,
    VersionOut,
)


class _ChangeList(Page, frozen=True):
    results: list[ChangeOut]


class History(Resource):
    """The changes of plans."""

    def page(self, plan_id: int, query: ChangeQuery) -> ChangePage:
        """One page of what was done with a plan, newest first."""
        found = self._http.read(at("plans", plan_id, "changes"), _ChangeList, query)
        return ChangePage(found.results, cursor_of(found.next))

    def version(self, plan_id: int, version: int) -> VersionOut:
        """A whole plan as it was at a version."""
        return self._http.read(at("plans", plan_id, "versions", version), VersionOut)

    def difference(self, plan_id: int, before: int, after: int | None = None) -> Difference:
        """What is different between two versions; the second is what is now unless it is given."""
        query = DifferenceQuery() if after is None else DifferenceQuery(after)
        return self._http.read(at("plans", plan_id, "versions", before, "diff"), Difference, query)

    def undo(self, plan_id: int, version: int | None = None, *, expected: int | None = None) -> ChangeOut:
        """Take back your last change, or the one that made a version. Raises `NewerChange`."""
        return self._http.create(at("plans", plan_id, "undo"), ChangeOut, UndoIn(version), expected=expected)

    def restore(self, plan_id: int, version: int, *, expected: int | None = None) -> ChangeOut:
        """Make a plan what it was at a version."""
        return self._http.create(at("plans", plan_id, "restore", version), ChangeOut, expected=expected)
