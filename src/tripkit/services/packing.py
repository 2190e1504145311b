"""Templates of checklists that come with tripkit."""

import tomllib
from functools import cache
from importlib import resources

from tripkit.errors import ValidationFailed
from tripkit.schemas.checklist_templates import BuiltInTemplate
from tripkit.services import jsontext


@cache
def templates() -> dict[str, BuiltInTemplate]:
    """Each by its key, in the order in which they are shown."""
    text = resources.files("tripkit").joinpath("data/packing.toml").read_text("utf-8")
    return {key: BuiltInTemplate(key, **fields) for key, fields in tomllib.loads(text).items()}


def template(key: str) -> BuiltInTemplate:
    """The template with this key; raises `ValidationFailed`."""
    found = templates().get(key)
    if found is None:
        raise ValidationFailed({"template": [f"must be one of {', '.join(templates())}, not {jsontext.shorten(key)}."]})
    return found
