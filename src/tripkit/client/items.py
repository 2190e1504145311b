"""What fills plans on a server."""

from collections.abc import Sequence

from tripkit.client.resource import Resource, at
from tripkit.schemas.items import ItemIn, ItemList, ItemMove, ItemOut, ItemPatch, ItemQuery, ItemsIn, ItemsOut


class Items(Resource):
    """The items of plans. The server fills in what it knows of their places."""

    def get(self, plan_id: int, item_id: int) -> ItemOut:
        """One item; raises `NotFound`, also for one in the trash."""
        return self._http.read(_item(plan_id, item_id), ItemOut)

    def by_day(self, plan_id: int, query: ItemQuery) -> ItemList:
        """The items of a plan, day by day in the order in which they are lived through."""
        return self._http.read(at("plans", plan_id, "items"), ItemList, query)

    def resolve(self, plan_id: int, name: str, *, trashed: bool = False) -> int:
        """The id of the item of this number or title; raises as `Plans.resolve`."""
        return self._resolve(at("plans", plan_id, "items", "resolve"), name, trashed=trashed)

    def create(self, plan_id: int, form: ItemIn, *, expected: int | None = None) -> ItemOut:
        """A new item. `expected` is the version of the plan that you know."""
        return self._http.create(at("plans", plan_id, "items"), ItemOut, form, expected=expected)

    def create_many(self, plan_id: int, forms: Sequence[ItemIn], *, expected: int | None = None) -> ItemsOut:
        """New items in this order: all of them, or none. At most 100."""
        body = ItemsIn(list(forms))
        return self._http.create(at("plans", plan_id, "items", "batch"), ItemsOut, body, expected=expected)

    def edit(self, plan_id: int, item_id: int, patch: ItemPatch, *, expected: int | None = None) -> ItemOut:
        """Change the fields that were given. `expected` is the version of the item that you know."""
        return self._http.write("PATCH", _item(plan_id, item_id), ItemOut, patch, expected=expected)

    def move(self, plan_id: int, item_id: int, to: ItemMove, *, expected: int | None = None) -> ItemOut:
        """Move an item to another day, to another position in it, or to another plan that you may change."""
        return self._http.create(at("plans", plan_id, "items", item_id, "move"), ItemOut, to, expected=expected)

    def trash(self, plan_id: int, item_id: int, *, expected: int | None = None) -> ItemOut:
        """Put an item into the trash, from where it can be restored."""
        return self._http.write("DELETE", _item(plan_id, item_id), ItemOut, expected=expected)

    def restore(self, plan_id: int, item_id: int) -> ItemOut:
        """Take an item out of the trash."""
        return self._http.create(at("plans", plan_id, "items", item_id, "restore"), ItemOut)


def _item(plan_id: int, item_id: int) -> str:
    return at("plans", plan_id, "items", item_id)
