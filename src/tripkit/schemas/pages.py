"""Lists in pages: what every query for one may say, and what comes back of each record."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Limit = Annotated[int, Meta(ge=1, le=100)]
#: One to a title of 200 characters is the longest.
Cursor = Annotated[str, Meta(max_length=2000, description="From the `next` link of a page.")]
Fields = Annotated[str, Meta(description="The fields to answer with, separated by commas.")]


def partial(kind: type[Struct], name: str) -> type[Struct]:
    """A struct like `kind` of which any field may be left out, for the descriptions of lists."""
    return msgspec.defstruct(
        name,
        [(each.name, each.type | UnsetType, UNSET) for each in msgspec.structs.fields(kind)],
        frozen=True,
        namespace={"__doc__": f"{(kind.__doc__ or '').rstrip('.')}, or the fields of it that were asked for."},
    )
