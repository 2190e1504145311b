"""Checklists and their templates on a server."""

from tripkit.client.resource import Resource, at
from tripkit.errors import NotFound
from tripkit.schemas.checklist_templates import TemplateIn, TemplateList, TemplateOut, TemplatePatch
from tripkit.schemas.checklists import (
    ChecklistIn,
    ChecklistList,
    ChecklistMove,
    ChecklistOut,
    ChecklistPatch,
    ChecklistQuery,
    EntriesIn,
    EntriesMark,
    EntriesOut,
    EntryMove,
    EntryOut,
    EntryPatch,
)


class Checklists(Resource):
    """The checklists of plans."""

    def of_plan(self, plan_id: int, query: ChecklistQuery) -> ChecklistList:
        """The checklists of a plan, with their entries."""
        return self._http.read(at("plans", plan_id, "checklists"), ChecklistList, query)

    def get(self, plan_id: int, checklist_id: int) -> ChecklistOut:
        """One checklist; raises `NotFound`, also for one in the trash."""
        return self._http.read(_checklist(plan_id, checklist_id), ChecklistOut)

    def create(self, plan_id: int, form: ChecklistIn, *, expected: int | None = None) -> ChecklistOut:
        """A new checklist, also from a template or another one. `expected` is the version of the plan that you know."""
        return self._http.create(at("plans", plan_id, "checklists"), ChecklistOut, form, expected=expected)

    def edit(
        self, plan_id: int, checklist_id: int, patch: ChecklistPatch, *, expected: int | None = None
    ) -> ChecklistOut:
        """Another name. `expected` is the version of the checklist that you know."""
        return self._http.write("PATCH", _checklist(plan_id, checklist_id), ChecklistOut, patch, expected=expected)

    def move(self, plan_id: int, checklist_id: int, to: ChecklistMove, *, expected: int | None = None) -> ChecklistOut:
        """Move a checklist to another position, or to another plan that you may change."""
        path = at("plans", plan_id, "checklists", checklist_id, "move")
        return self._http.create(path, ChecklistOut, to, expected=expected)

    def trash(self, plan_id: int, checklist_id: int) -> ChecklistOut:
        """Put a checklist into the trash, from where it can be restored."""
        self._http.tell("DELETE", _checklist(plan_id, checklist_id))
        found = self.of_plan(plan_id, ChecklistQuery(trashed=True)).checklists
        trashed = next((each for each in found if each.id == checklist_id), None)
        if trashed is None:
            raise NotFound("checklist in the trash with the number", checklist_id)
        return trashed

    def restore(self, plan_id: int, checklist_id: int) -> ChecklistOut:
        """Take a checklist out of the trash."""
        return self._http.create(at("plans", plan_id, "checklists", checklist_id, "restore"), ChecklistOut)


class ChecklistEntries(Resource):
    """The entries of checklists."""

    def add(self, plan_id: int, checklist_id: int, form: EntriesIn, *, expected: int | None = None) -> EntriesOut:
        """New entries in this order: all, or none. `expected` is the version of the checklist that you know."""
        path = at("plans", plan_id, "checklists", checklist_id, "entries")
        return self._http.create(path, EntriesOut, form, expected=expected)

    def edit(
        self, plan_id: int, checklist_id: int, entry_id: int, patch: EntryPatch, *, expected: int | None = None
    ) -> EntryOut:
        """Change the fields that were given. `expected` is the version of the entry that you know."""
        return self._http.write("PATCH", _entry(plan_id, checklist_id, entry_id), EntryOut, patch, expected=expected)

    def mark(self, plan_id: int, checklist_id: int, form: EntriesMark) -> EntriesOut:
        """Check entries off, or not any more: all, or none."""
        return self._http.write("PATCH", at("plans", plan_id, "checklists", checklist_id, "entries"), EntriesOut, form)

    def move(
        self, plan_id: int, checklist_id: int, entry_id: int, to: EntryMove, *, expected: int | None = None
    ) -> EntryOut:
        """Move an entry to another position, or to another checklist of the plan."""
        path = at("plans", plan_id, "checklists", checklist_id, "entries", entry_id, "move")
        return self._http.create(path, EntryOut, to, expected=expected)

    def delete(self, plan_id: int, checklist_id: int, entry_id: int) -> EntryOut:
        """Delete an entry; what it was."""
        entries = self._http.read(_checklist(plan_id, checklist_id), ChecklistOut).entries
        known = next((each for each in entries if each.id == entry_id), None)
        if known is None:
            raise NotFound("entry with the number", entry_id)
        self._http.tell("DELETE", _entry(plan_id, checklist_id, entry_id))
        return known


class ChecklistTemplates(Resource):
    """What checklists are started from."""

    def all(self) -> TemplateList:
        """Your templates, and those that come with the server."""
        return self._http.read(at("checklist-templates"), TemplateList)

    def get(self, template_id: int) -> TemplateOut:
        """A template of yours; raises `NotFound`."""
        return self._http.read(at("checklist-templates", template_id), TemplateOut)

    def create(self, form: TemplateIn) -> TemplateOut:
        """A new template, also from a checklist."""
        return self._http.create(at("checklist-templates"), TemplateOut, form)

    def edit(self, template_id: int, patch: TemplatePatch, *, expected: int | None = None) -> TemplateOut:
        """Change the fields that were given."""
        return self._http.write("PATCH", at("checklist-templates", template_id), TemplateOut, patch, expected=expected)

    def delete(self, template_id: int, *, expected: int | None = None) -> TemplateOut:
        """Delete a template of yours for good; what it was. `expected` is the version that you know."""
        known = self.get(template_id)
        self._http.tell("DELETE", at("checklist-templates", template_id), expected=expected)
        return known


def _checklist(plan_id: int, checklist_id: int) -> str:
    return at("plans", plan_id, "checklists", checklist_id)


def _entry(plan_id: int, checklist_id: int, entry_id: int) -> str:
    return at("plans", plan_id, "checklists", checklist_id, "entries", entry_id)
