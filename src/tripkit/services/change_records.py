"""Changes as people read them: the fields that differ, and one sentence about them all."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, get_args

import msgspec
from msgspec import Raw

from tripkit.schemas.changes import ChangeAction, ChangedField, ChangedPart, ChangeOut, Via
from tripkit.schemas.plans import PlanOut
from tripkit.services.changes import Logged
from tripkit.services.parts import PARTS, Part

_NULL: Final = Raw(b"null")
#: Names of fields, or of things, that are named in one sentence.
_NAMED: Final = 3
#: What several parts of a kind are called; one is called by its label.
_PLURALS: Final = {
    "item": "items", "traveller": "travellers", "expense": "expenses", "checklist": "checklists",
    "checklist_entry": "entries",
}  # fmt: skip
_SENTENCES: Final[dict[str, str]] = {
    "plan.create": "Made the plan.",
    "plan.trash": "Put the plan into the trash.",
    "plan.restore": "Took the plan out of the trash.",
    "rates.edit": "Changed the exchange rates.",
    "budgets.edit": "Changed the budgets of kinds of items.",
    "checks.ignore": "Changed which findings are ignored.",
}
#: ... of who has access: the person it is about, and the role.
_ACCESS: Final[dict[str, str]] = {
    "access.add": "Let {who} in as {role}.",
    "access.invite": "Invited somebody as {role}.",
    "access.join": "Joined as {role}.",
    "access.decline": "Declined an invitation.",
    "access.role": "Made {who} {role}.",
    "access.remove": "Put {who} out.",
    "access.leave": "Left the plan.",
    "access.offer": "Offered the plan to {who}.",
    "access.withdraw": "The offer of the plan to {who} is over.",
    "access.transfer": "Took the plan over.",
    "access.link_create": "Made a link to the plan.",
    "access.link_edit": "Changed a link to the plan.",
    "access.link_revoke": "Revoked a link to the plan.",
}
#: What is said of parts, by the last word of what was done and what became of them.
_VERBS: Final[dict[tuple[str, str], str]] = {
    ("trash", "removed"): "Put {} into the trash.",
    ("restore", "added"): "Took {} out of the trash.",
    ("move", "changed"): "Moved {}.",
    ("move", "added"): "Moved {} here from another plan.",
    ("move", "removed"): "Moved {} to another plan.",
    ("", "added"): "Added {}.",
    ("", "changed"): "Changed {}.",
    ("", "removed"): "Removed {}.",
}


def shown(logged: Logged) -> ChangeOut:
    """A change, without rows that were only counted."""
    parts = [part for part in map(shown_part, logged.parts) if part.fields or part.what != "changed"]
    return ChangeOut(
        version=logged.version,
        at=logged.at,
        user=logged.user,
        via=_via(logged.via),
        action=logged.action,
        target=logged.target,
        summary=_summary(logged.action, logged.target, parts),
        parts=parts,
    )


def beginning(plan: PlanOut, user: str | None) -> ChangeOut:
    """The first version of a plan, which has no change of its own, by its owner of then."""
    return ChangeOut(1, plan.created_at, user, "unknown", "plan.create", None, _SENTENCES["plan.create"], [])


def shown_part(part: Part[Raw]) -> ChangedPart:
    """What became of one row."""
    kind = PARTS.get(part.part)
    before, after = part.before or {}, part.after or {}
    named = [name for name in {**before, **after} if kind is None or name in kind.shown]
    fields = [ChangedField(public(name), before.get(name, _NULL), after.get(name, _NULL)) for name in named]
    for name, splice in part.spliced.items():
        fields.append(ChangedField(public(name), _json(splice.removed), _json(splice.inserted), splice.at))
    what = "added" if part.before is None else "removed" if part.after is None else "changed"
    return ChangedPart(part.part, part.id, part.label, what, fields)  # type: ignore[arg-type]


def public(name: str) -> str:
    """A column by the name that its field has elsewhere."""
    for place in ("end_place", "place"):
        if name.startswith(f"{place}_"):
            return f"{place}.{name.removeprefix(f'{place}_')}"
    return name


def called(part: str, label: str) -> str:
    """What a row is called in a sentence."""
    return f'"{label}"' if label and part != "plan" else f"the {part}"


def _json(text: str) -> Raw:
    return Raw(msgspec.json.encode(text))


def _via(text: str) -> Via:
    return next((name for name in get_args(Via) if text.startswith(name)), "unknown")


def _summary(action: ChangeAction, target: int | None, parts: Sequence[ChangedPart]) -> str:
    if sentence := _SENTENCES.get(action):
        return sentence
    if sentence := _ACCESS.get(action):
        return _said_of_access(sentence, parts)
    said = " ".join(_sentences(action, parts)) or "Changed nothing."
    if action == "history.undo":
        return f"Took back version {target}: {said[0].lower()}{said[1:]}"
    return f"Went back to version {target}. {said}" if action == "history.restore" else said


def _said_of_access(sentence: str, parts: Sequence[ChangedPart]) -> str:
    who = next((part.label for part in parts if part.label), "somebody")
    values = (value for part in parts for field in part.fields for value in (field.after, field.before))
    role = next((found for value in values if (found := msgspec.json.decode(value))), "")
    return sentence.format(who=who, role=role)


def _sentences(action: str, parts: Iterable[ChangedPart]) -> list[str]:
    """One sentence for all parts of a kind that the same became of."""
    word = "" if action.startswith("history.") else action.rpartition(".")[2]
    groups: dict[tuple[str, str], list[ChangedPart]] = {}
    for part in parts:
        groups.setdefault((part.what, part.part), []).append(part)
    for what in ("added", "removed"):
        if (what, "checklist") in groups:  # its entries go without saying
            groups.pop((what, "checklist_entry"), None)
    return [
        _VERBS.get((word, what), _VERBS["", what]).format(_called(word, what, found))
        for (what, _), found in groups.items()
    ]


def _called(word: str, what: str, parts: list[ChangedPart]) -> str:
    [first, *others] = parts
    if others:
        names = [f'"{part.label}"' for part in parts]
        return f"{len(parts)} {_PLURALS.get(first.part, 'things')}: {_some(names)}"
    name = called(first.part, first.label)
    if what == "changed" and word != "move":
        return f"{_some([field.name for field in first.fields])} of {name}"
    return name


def _some(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    shown, more = names[:_NAMED], len(names) - _NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([*([", ".join(shown[:-1])] if shown[1:] else []), shown[-1]])


def differences(parts: Iterable[Part[Any]]) -> list[ChangedPart]:
    """Parts that were not recorded, as those that were."""
    recorded = msgspec.json.decode(msgspec.json.encode(list(parts)), type=list[Part[Raw]])
    return [part for part in map(shown_part, recorded) if part.fields or part.what != "changed"]
