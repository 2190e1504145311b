"""What was changed in plans."""

from typing import Literal

#: What was done. `access.` is who may read and write: it is shown, and not undone.
ChangeAction = Literal[
    "plan.edit",
    "plan.trash",
    "plan.restore",
    "item.create",
    "item.edit",
    "item.move",
    "item.trash",
    "item.restore",
    "traveller.create",
    "traveller.rename",
    "traveller.delete",
    "expense.create",
    "expense.edit",
    "expense.trash",
    "expense.restore",
    "rates.edit",
    "checks.ignore",
    "history.undo",
    "history.restore",
]
