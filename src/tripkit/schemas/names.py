"""Things that people name by a piece of their title."""

from typing import Annotated

from msgspec import Meta, Struct


class NameQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What is meant."""

    name: Annotated[str, Meta(min_length=1, max_length=200, description="A title, or an unambiguous piece of one.")]


class TitleQuery(NameQuery, forbid_unknown_fields=True, frozen=True):
    """What is meant, among what has a trash."""

    trashed: Annotated[bool, Meta(description="In the trash, and not in use.")] = False


class Resolved(Struct, frozen=True):
    """What was found by its name."""

    id: int


class Candidate(Struct, frozen=True):
    """One of several things that a name may mean."""

    id: int
    title: str
