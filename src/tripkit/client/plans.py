"""Travel plans on a server."""

from collections.abc import Iterator

import msgspec

from tripkit.client.resource import Page, Resource, at, cursor_of
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPage, PlanPatch, PlanQuery


class _PlanList(Page, frozen=True):
    results: list[PlanOut]


class Plans(Resource):
    """The plans of whoever is signed in."""

    def get(self, plan_id: int) -> PlanOut:
        """One plan; raises `NotFound`, also for one in the trash."""
        return self._http.read(at("plans", plan_id), PlanOut)

    def page(self, query: PlanQuery) -> PlanPage:
        """One page, whole plans (`fields` is not for here)."""
        found = self._http.read(at("plans"), _PlanList, msgspec.structs.replace(query, fields=None))
        return PlanPage(found.results, cursor_of(found.next))

    def all(self, query: PlanQuery | None = None) -> Iterator[PlanOut]:
        """Every plan that the query means, page by page as they are asked for."""
        asked = query or PlanQuery(limit=100)
        while True:
            page = self.page(asked)
            yield from page.results
            if page.cursor is None:
                return
            asked = msgspec.structs.replace(asked, cursor=page.cursor)

    def resolve(self, name: str, *, trashed: bool = False) -> int:
        """The id of the plan of this number or title, or with this unambiguous piece of a title.

        Raises `NotFound` and `Ambiguous`.
        """
        return self._resolve(at("plans", "resolve"), name, trashed=trashed)

    def create(self, form: PlanIn) -> PlanOut:
        """A new plan. Raises `ValidationFailed`."""
        return self._http.create(at("plans"), PlanOut, form)

    def replace(self, plan_id: int, form: PlanIn, *, expected: int | None = None) -> PlanOut:
        """Every field anew. `expected` is the version you know; raises `StaleVersion` if it is another by now."""
        return self._http.write("PUT", at("plans", plan_id), PlanOut, form, expected=expected)

    def edit(self, plan_id: int, patch: PlanPatch, *, expected: int | None = None, merge: bool = False) -> PlanOut:
        """Change the fields that were given; with `merge`, `plan_data` is a merge patch (RFC 7396)."""
        return self._http.write("PATCH", at("plans", plan_id), PlanOut, patch, expected=expected, merge=merge)

    def trash(self, plan_id: int, *, expected: int | None = None) -> PlanOut:
        """Put a plan into the trash, from where it can be restored."""
        return self._http.write("DELETE", at("plans", plan_id), PlanOut, expected=expected)

    def restore(self, plan_id: int) -> PlanOut:
        """Take a plan out of the trash."""
        return self._http.create(at("plans", plan_id, "restore"), PlanOut)
