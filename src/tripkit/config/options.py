"""The settings as a list that can be walked and searched by key: for files, variables, help and documentation."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from tripkit.config import oauth
from tripkit.config.oauth import OAuth
from tripkit.config.profile import Profile
from tripkit.config.sections import Section, Settings


class Option(msgspec.Struct, frozen=True):
    """One setting, described."""

    key: str
    """Dotted, as in messages: `server.port`."""
    type: Any
    default: Any
    description: str
    secret: bool = False
    rule: str = ""
    """What it limits, if it is a rule for a rate limit (see `config.rates`)."""

    @property
    def environment(self) -> str:
        """`TRIPKIT_SERVER__PORT`."""
        return "TRIPKIT_" + self.key.upper().replace(".", "__")


def option_of(key: str) -> Option | None:
    """The option with this dotted key, also of a named section: `oauth.google.client_id`."""
    section, _, rest = key.partition(".")
    if section in NAMED:
        name, _, _ = rest.partition(".")
        return options_of(section, name).get(key) if oauth.NAME.fullmatch(name) else None
    return OPTIONS.get(key)


def options_of(section: str, name: str) -> dict[str, Option]:
    """The options of one named section, by their keys."""
    fields = msgspec.structs.fields(NAMED[section])
    keys = [f"{section}.{name}.{field.encode_name}" for field in fields]
    return {key: _option(key, field) for key, field in zip(keys, fields, strict=True)}


def in_force(settings: Settings) -> Iterator[tuple[Option, Any]]:
    """Every option with its value, those of named sections last."""
    for key, option in OPTIONS.items():
        section, _, field = key.rpartition(".")
        yield option, getattr(getattr(settings, section) if section else settings, field)
    for section in NAMED:
        for name, values in getattr(settings, section).items():
            for key, option in options_of(section, name).items():
                yield option, getattr(values, key.rpartition(".")[2])


def _options() -> dict[str, Option]:
    found: dict[str, Option] = {}
    for top in msgspec.structs.fields(Settings):
        if top.encode_name in NAMED:
            continue
        if isinstance(top.default, Section):
            for field in msgspec.structs.fields(type(top.default)):
                key = f"{top.encode_name}.{field.encode_name}"
                found[key] = _option(key, field)
        else:
            found[top.encode_name] = _option(top.encode_name, top)
    return found


def _option(key: str, field: msgspec.structs.FieldInfo) -> Option:
    meta = next(part for part in field.type.__metadata__ if part.description)
    return Option(key, field.type, field.default, meta.description, **(meta.extra or {}))


#: Sections of which there may be several, each with a name of its own: `[oauth.google]`.
NAMED: Final[Mapping[str, type[OAuth] | type[Profile]]] = {"oauth": OAuth, "profile": Profile}
OPTIONS: Final = _options()
