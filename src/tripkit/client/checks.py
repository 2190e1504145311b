"""Checks of plans on a server."""

from tripkit.client.resource import Resource, at
from tripkit.schemas.checks import CheckOut, IgnoredIn


class Checks(Resource):
    """What will not work."""

    def check(self, plan_id: int) -> CheckOut:
        """Everything that is found in a plan, without what is ignored there."""
        return self._http.read(at("plans", plan_id, "check"), CheckOut)

    def ignore(self, plan_id: int, form: IgnoredIn, *, expected: int | None = None) -> CheckOut:
        """Ignore findings of these codes, and only these. `expected` is the version of the plan that you know."""
        return self._http.write("PUT", at("plans", plan_id, "check", "ignored"), CheckOut, form, expected=expected)
