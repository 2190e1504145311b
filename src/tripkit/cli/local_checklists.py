"""Checklists on the local database, for the account that acts."""

from typing import TYPE_CHECKING

from tripkit.cli.local import bind
from tripkit.schemas.users import Actor

if TYPE_CHECKING:
    from tripkit.services.checklist_entries import ChecklistEntries
    from tripkit.services.checklist_templates import ChecklistTemplates
    from tripkit.services.checklists import Checklists


class LocalChecklists:
    def __init__(self, service: "Checklists", actor: Actor) -> None:
        self.of_plan = bind(service.of_plan, actor)
        self.get = bind(service.get, actor)
        self.resolve = bind(service.resolve, actor)
        self.create = bind(service.create, actor)
        self.edit = bind(service.edit, actor)
        self.move = bind(service.move, actor)
        self.trash = bind(service.trash, actor)
        self.restore = bind(service.restore, actor)


class LocalChecklistEntries:
    def __init__(self, service: "ChecklistEntries", actor: Actor) -> None:
        self.resolve = bind(service.resolve, actor)
        self.add = bind(service.add, actor)
        self.edit = bind(service.edit, actor)
        self.mark = bind(service.mark, actor)
        self.move = bind(service.move, actor)
        self.delete = bind(service.delete, actor)


class LocalChecklistTemplates:
    def __init__(self, service: "ChecklistTemplates", actor: Actor) -> None:
        self.all = bind(service.all, actor)
        self.get = bind(service.get, actor)
        self.resolve = bind(service.resolve, actor)
        self.create = bind(service.create, actor)
        self.edit = bind(service.edit, actor)
        self.delete = bind(service.delete, actor)
