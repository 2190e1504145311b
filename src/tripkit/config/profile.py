"""Servers that commands may use, by names of one's own: each is a section `[profile.NAME]`."""

from typing import Annotated

import msgspec
from msgspec import Meta


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A server that commands may use: `--server NAME`. NAME is of your choice, except local."""

    url: Annotated[str, Meta(description="Its address, like https://trips.example.org.")] = ""
    token: Annotated[
        str,
        Meta(description="API token to use it with. Empty: what `tripkit login` has kept.", extra={"secret": True}),
    ] = ""
    insecure: Annotated[bool, Meta(description="Allow plain http, which everybody on the way can read and change.")] = (
        False
    )
