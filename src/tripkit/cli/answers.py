"""What commands print with `--json`: each names its type where it is declared, as `schemas.plans.PlanOut[]`."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import msgspec


def parts(answer: str) -> Iterator[tuple[Any, bool]]:
    """Each type that an answer may have, and whether it is a list of that. They are loaded here, and not before."""
    for part in answer.split(" | "):
        module, _, name = part.removesuffix("[]").rpartition(".")
        yield getattr(import_module(f"tripkit.{module}"), name), part.endswith("[]")


def names(answer: str) -> list[str]:
    """The fields that it has, as they are in JSON."""
    found = (field.encode_name for kind, _ in parts(answer) for field in msgspec.structs.fields(kind))
    return list(dict.fromkeys(found))
