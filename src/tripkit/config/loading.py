"""From files, the environment and the command line to frozen settings, with every mistake named at once."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import platformdirs

from tripkit.config import mail, oauth, rates, remedies
from tripkit.config.options import NAMED, OPTIONS, Option, option_of, options_of
from tripkit.config.sections import POSTGRES_SCHEMES, Plans, Section, Settings

FILE_NAME: Final = "tripkit.toml"
PREFIX: Final = "TRIPKIT_"
#: What plans have that name none, unless it is set.
_CURRENCY: Final = Plans().currency
_NOT_SETTINGS: Final = {"TRIPKIT_CONFIG", "TRIPKIT_USER"}


class ConfigError(Exception):
    """The settings cannot be used. `problems` holds one sentence for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Config(msgspec.Struct, frozen=True):
    """The settings in force, and where each came from."""

    settings: Settings
    file: Path | None
    """The configuration file that was read."""
    sources: dict[str, str]
    """For each dotted key that is not at its default: the file, variable or option it came from."""


class _Found(msgspec.Struct, frozen=True):
    value: Any
    source: str
    #: Text needs converting; TOML and the command line bring typed values.
    text: bool = False


def load(
    *,
    env: Mapping[str, str] | None = None,
    file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    cwd: Path | None = None,
) -> Config:
    """Read the settings: `overrides` (dotted keys) over the environment over one file over the defaults.

    Raises `ConfigError` with every mistake.
    """
    env = os.environ if env is None else env
    problems: list[str] = []
    path = _file(env, file, cwd or Path.cwd(), problems)
    found: dict[str, _Found] = {}
    for layer in (
        _from_file(path, problems),
        _from_environment(env, problems),
        ((key, _Found(value, "the command line")) for key, value in (overrides or {}).items()),
    ):
        found.update(layer)
    values = {key: _convert(option, each, problems) for key, each in found.items() if (option := option_of(key))}
    values["data_dir"] = _data_dir(values.get("data_dir"))
    _check(values, found, problems)
    if problems:
        raise ConfigError(problems)
    return Config(_settings(values), path, {key: each.source for key, each in found.items()})


def find_file(file: Path | None = None) -> Path | None:
    """The configuration file that `load` would read. Raises `ConfigError` when the one that was named is not there."""
    problems: list[str] = []
    found = _file(os.environ, file, Path.cwd(), problems)
    if problems:
        raise ConfigError(problems)
    return found


def default_file() -> Path:
    """Where the configuration of this user belongs on this platform."""
    return Path(platformdirs.user_config_dir("tripkit", appauthor=False)) / FILE_NAME


def _file(env: Mapping[str, str], given: Path | None, cwd: Path, problems: list[str]) -> Path | None:
    named = given or (Path(env["TRIPKIT_CONFIG"]) if env.get("TRIPKIT_CONFIG") else None)
    if named is None:
        return next((path for path in (cwd / FILE_NAME, default_file()) if path.is_file()), None)
    if not named.is_file():
        origin = "--config" if given else "TRIPKIT_CONFIG"
        problems.append(f"{origin}: there is no file {named}. Make one with `tripkit config init`.")
        return None
    return named


def _from_file(path: Path | None, problems: list[str]) -> Iterator[tuple[str, _Found]]:
    if path is None:
        return
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path}: not valid TOML: {error}.")
        return
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        problems.append(f"{path}: cannot be read: {reason}.")
        return
    for key, value in _flatten(document):
        if option_of(key):
            yield key, _Found(value, str(path))
        elif wrong := _wrong_name(key):
            problems.append(f"{wrong} (in {path}).")
        else:
            problems.append(f"{key}: unknown setting (in {path}).{_suggest(key, _near(key))}")


def _flatten(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    sections = {key.partition(".")[0] for key in OPTIONS if "." in key}
    for name, value in document.items():
        if name in NAMED and isinstance(value, dict):
            for inner, section in value.items():
                fields = section.items() if isinstance(section, dict) else [("", section)]
                yield from ((f"{name}.{inner}.{field}".rstrip("."), setting) for field, setting in fields)
        elif name in sections and isinstance(value, dict):
            for inner, setting in value.items():
                yield f"{name}.{inner}", setting
        else:
            yield name, value


def _near(key: str) -> list[str]:
    """The keys that somebody may have meant."""
    section, _, rest = key.partition(".")
    name, _, field = rest.partition(".")
    return [*options_of(section, name)] if section in NAMED and field else [*OPTIONS]


def _wrong_name(key: str) -> str:
    section, _, rest = key.partition(".")
    name, _, field = rest.partition(".")
    if section in NAMED and field and not oauth.NAME.fullmatch(name):
        return f"{section}.{name}: a name here must be {oauth.NAME_RULE}"
    return ""


def _from_environment(env: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, _Found]]:
    for name in sorted(name for name in env if name.startswith(PREFIX) and name not in _NOT_SETTINGS):
        option = _option_of_variable(name)
        if option:
            yield option.key, _Found(env[name], name, text=True)
        elif name.endswith("_FILE") and (option := _option_of_variable(name.removesuffix("_FILE"))):
            if name.removesuffix("_FILE") in env:
                problems.append(f"{option.key}: both {name.removesuffix('_FILE')} and {name} are set. Unset one.")
                continue
            try:
                yield option.key, _Found(Path(env[name]).read_text("utf-8").rstrip("\r\n"), name, text=True)
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                problems.append(f"{option.key}: the file {env[name]} named by {name} cannot be read: {reason}.")
        else:
            near = [option.environment for key in _near(_key(name)) if (option := option_of(key))]
            problems.append(f"{name}: unknown setting (in the environment).{_suggest(name, near)}")


def _key(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower().replace("__", ".")


def _option_of_variable(name: str) -> Option | None:
    option = option_of(_key(name))
    return option if option and option.environment == name else None


def _convert(option: Option, found: _Found, problems: list[str]) -> Any:
    value = found.value
    if found.text and isinstance(option.default, tuple):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if option.key == "data_dir" and isinstance(value, str):
        return Path(value)
    try:
        return msgspec.convert(value, option.type, strict=not found.text)
    except msgspec.ValidationError as error:
        shown = "this value" if option.secret else repr(found.value)
        remedy = remedies.remedy(option.type, str(error))
        problems.append(f"{option.key}: {shown} is wrong (from {found.source}): {remedy}.")
        return option.default


def _data_dir(given: Path | None) -> Path:
    if given and str(given) not in ("", "."):
        return given.expanduser().absolute()
    return Path(platformdirs.user_data_dir("tripkit", appauthor=False))


def _check(values: dict[str, Any], found: Mapping[str, _Found], problems: list[str]) -> None:
    """The rules that a type cannot say."""

    def origin(key: str) -> str:
        return f"(from {found[key].source})" if key in found else "(the default)"

    keys = [values.get("security.secret_key", ""), *values.get("security.previous_keys", ())]
    for key, text in zip(("security.secret_key", *["security.previous_keys"] * len(keys)), keys, strict=False):
        if text and len(text.encode()) < 32:
            problems.append(
                f"{key}: this value is wrong {origin(key)}: shorter than 32 bytes. "
                'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
    url = values.get("database.url", "")
    if url and not url.startswith(("sqlite:///", *POSTGRES_SCHEMES)):
        scheme, separator, _ = url.partition("://")
        shown = repr(f"{scheme}://…") if separator else "this value"  # what is not the scheme may hold a password
        problems.append(
            f"database.url: {shown} is wrong {origin('database.url')}: it must start with sqlite:/// or postgresql://."
        )
    for key in (key for key, option in OPTIONS.items() if option.rule and key in values):
        try:
            rates.parse(values[key])
        except ValueError as error:
            problems.append(f"{key}: {values[key]!r} is wrong {origin(key)}: {error}")
    redis_url = values.get("ratelimit.redis_url", "")
    if values.get("ratelimit.backend") == "redis" and not redis_url:
        problems.append(
            "ratelimit.redis_url: it is missing. Counting in Redis needs it, like redis://127.0.0.1:6379/0."
        )
    elif redis_url and not _is_redis_url(redis_url):
        problems.append(
            f"ratelimit.redis_url: this value is wrong {origin('ratelimit.redis_url')}: write it like "
            "redis://:PASSWORD@HOST:6379/0, rediss://HOST:6379/0 or unix:///PATH, with %40 for an @ in the password, "
            "%2F for a slash, and so on."
        )
    for text in values.get("server.trusted_proxies", ()):
        from tripkit.config import networks  # and with it `ipaddress`, which most commands do without

        try:
            networks.parse(text)
        except ValueError as error:
            problems.append(f"server.trusted_proxies: {text!r} is wrong {origin('server.trusted_proxies')}: {error}.")
    currency = values.get("plans.currency", _CURRENCY)
    if currency != _CURRENCY and not _is_currency(currency):
        problems.append(
            f"plans.currency: {currency!r} is wrong {origin('plans.currency')}: "
            "it must be an ISO 4217 code such as EUR."
        )
    problems += [f"{key}: this value is wrong {origin(key)}: {reason}" for key, reason in mail.mistakes(values)]
    problems += _wrong_providers(_named(values, "oauth"), origin)


def _wrong_providers(providers: Mapping[str, oauth.OAuth], origin: Callable[[str], str]) -> Iterator[str]:
    for name, options in providers.items():
        if oauth.lacks_issuer(name, options):
            yield f"oauth.{name}.issuer: it is missing. It is an address, like https://auth.example.org."
        for key, url in ((f"oauth.{name}.{field}", getattr(options, field)) for field in ("issuer", "graph_url")):
            if url and not oauth.is_private_enough(url):
                yield f"{key}: {url!r} is wrong {origin(key)}: it must be https:// unless it is on this machine."


def _is_currency(code: str) -> bool:
    import iso4217  # parses its table when imported, which most commands do without

    return any(code == each.code and each.exponent is not None for each in iso4217.Currency)


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # it may repeat the password
        return False
    if parts.fragment:
        return False
    if parts.scheme == "unix":
        return parts.hostname is None and len(parts.path) > 1
    database = re.fullmatch(r"(/\d{0,5})?", parts.path, re.ASCII)
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname and database) and port != 0


def _settings(values: Mapping[str, Any]) -> Settings:
    top: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        name = field.encode_name
        if isinstance(field.default, Section):
            prefix = name + "."
            top[name] = type(field.default)(
                **{key.removeprefix(prefix): each for key, each in values.items() if key.startswith(prefix)}
            )
        elif name in NAMED:
            top[name] = _named(values, name)
        elif name in values:
            top[name] = values[name]
    return Settings(**top)


def _named(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    """What was set for each named section of this kind."""
    parts: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        if key.startswith(f"{section}."):
            _, name, field = key.split(".")
            parts.setdefault(name, {})[field] = value
    return {name: NAMED[section](**fields) for name, fields in parts.items()}


def _suggest(wrong: str, known: Sequence[str]) -> str:
    near = get_close_matches(wrong, known, n=1)
    return f" Did you mean {near[0]}?" if near else " `tripkit config show` lists all settings."
