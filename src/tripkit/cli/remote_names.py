"""What is named on a server by something else than its number, where the server gives the whole list anyway."""

from typing import Any

from tripkit.client.checklists import ChecklistEntries, Checklists, ChecklistTemplates
from tripkit.client.client import Client
from tripkit.client.http import Http
from tripkit.client.sharing import PlanMembers
from tripkit.schemas.checklists import ChecklistQuery
from tripkit.services import names


class NamedMembers(PlanMembers):
    """Finds members by their usernames and addresses."""

    def resolve(self, plan_id: int, who: str) -> int:
        """As `services.plan_members.PlanMembers.resolve`."""
        return names.member(who, self.all(plan_id))


class NamedChecklists(Checklists):
    """Finds checklists by pieces of their names."""

    def resolve(self, plan_id: int, name: str, *, trashed: bool = False) -> int:
        """As `services.checklists.Checklists.resolve`."""
        if (number := names.number(name)) is not None:
            return number
        found = self.of_plan(plan_id, ChecklistQuery(trashed)).checklists
        return names.pick("checklist", name, [(each.id, each.name) for each in found], trashed=trashed)


class NamedEntries(ChecklistEntries):
    """Finds entries by pieces of their texts."""

    def __init__(self, http: Http, checklists: Checklists) -> None:
        super().__init__(http)
        self._checklists = checklists

    def resolve(self, plan_id: int, checklist_id: int, name: str) -> int:
        """As `services.checklist_entries.ChecklistEntries.resolve`."""
        if (number := names.number(name)) is not None:
            return number
        entries = self._checklists.get(plan_id, checklist_id).entries
        return names.pick("entry", name, [(each.id, each.text) for each in entries])


class NamedTemplates(ChecklistTemplates):
    """Finds templates by their keys, and by pieces of their names."""

    def resolve(self, name: str) -> int | str:
        """As `services.checklist_templates.ChecklistTemplates.resolve`."""
        if (number := names.number(name)) is not None:
            return number
        found = self.all()
        wanted = name.strip().casefold()
        own = [(each.id, each.name) for each in found.results]
        if wanted in {each.key for each in found.built_in} and wanted not in {called.casefold() for _, called in own}:
            return wanted
        return names.pick("checklist template", name, own)


class NamedClient(Client):
    """A client that knows these names."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.named_members = NamedMembers(self._http)
        self.named_checklists = NamedChecklists(self._http)
        self.named_entries = NamedEntries(self._http, self.named_checklists)
        self.named_templates = NamedTemplates(self._http)
