"""Who comes along, on a server."""

from tripkit.client.resource import Resource, at
from tripkit.schemas.names import NameQuery, Resolved
from tripkit.schemas.travellers import TravellerIn, TravellerList, TravellerOut


class Travellers(Resource):
    """The travellers of plans."""

    def of_plan(self, plan_id: int) -> TravellerList:
        """The travellers of a plan, in the order in which they were added."""
        return self._http.read(at("plans", plan_id, "travellers"), TravellerList)

    def get(self, plan_id: int, traveller_id: int) -> TravellerOut:
        """One traveller; raises `NotFound`."""
        return self._http.read(_traveller(plan_id, traveller_id), TravellerOut)

    def resolve(self, plan_id: int, name: str) -> int:
        """The id of the traveller of this name or number; raises as `Plans.resolve`."""
        return self._http.read(at("plans", plan_id, "travellers", "resolve"), Resolved, NameQuery(name)).id

    def create(self, plan_id: int, form: TravellerIn, *, expected: int | None = None) -> TravellerOut:
        """Somebody more. `expected` is the version of the plan that you know. Raises `Taken`."""
        return self._http.create(at("plans", plan_id, "travellers"), TravellerOut, form, expected=expected)

    def rename(
        self, plan_id: int, traveller_id: int, form: TravellerIn, *, expected: int | None = None
    ) -> TravellerOut:
        """Another name for somebody; raises as `create`."""
        return self._http.write("PATCH", _traveller(plan_id, traveller_id), TravellerOut, form, expected=expected)

    def delete(self, plan_id: int, traveller_id: int, *, expected: int | None = None) -> TravellerOut:
        """Without somebody. Raises `Conflict` while expenses name them."""
        return self._http.write("DELETE", _traveller(plan_id, traveller_id), TravellerOut, expected=expected)


def _traveller(plan_id: int, traveller_id: int) -> str:
    return at("plans", plan_id, "travellers", traveller_id)
