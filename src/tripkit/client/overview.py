"""What spans all plans on a server: the search and the agenda; and copies of plans."""

from tripkit.client.resource import Page, Resource, at, cursor_of
from tripkit.schemas.agenda import Agenda, AgendaQuery
from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut
from tripkit.schemas.search import SearchHit, SearchPage, SearchQuery


class _SearchList(Page, frozen=True):
    results: list[SearchHit]


class Search(Resource):
    """Plans and items by their words."""

    def page(self, query: SearchQuery) -> SearchPage:
        """One page of what was found, best first."""
        found = self._http.read(at("search"), _SearchList, query)
        return SearchPage(found.results, cursor_of(found.next))


class Agendas(Resource):
    """What happens when."""

    def get(self, query: AgendaQuery) -> Agenda:
        """What happens in all plans, day by day in local time."""
        return self._http.read(at("agenda"), Agenda, query)


class PlanCopies(Resource):
    """Copies of plans."""

    def copy(self, plan_id: int, form: PlanCopyIn) -> PlanCopyOut:
        """A draft of your own that is like a plan, also on another date."""
        return self._http.create(at("plans", plan_id, "copy"), PlanCopyOut, form)

    def copy_published(self, plan_id: int, form: PlanCopyIn) -> PlanCopyOut:
        """A draft of your own that is like a plan in the gallery: what everybody sees of it."""
        return self._http.create(at("gallery", plan_id, "copy"), PlanCopyOut, form)
