"""Which server a command works on, if not on the local database."""

import os
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from tripkit.errors import InvalidInput

if TYPE_CHECKING:
    from tripkit.client.logins import Logins
    from tripkit.config import Config, Settings

LOCAL: Final = "local"
#: Where a command finds its option `--server`.
OPTION: Final = "tripkit.server"
_SETTING: Final = "client.server"


class Server(Struct, frozen=True):
    """A server, and who said that it is meant."""

    url: str
    origin: str
    #: An API token from the settings; empty: what `tripkit login` has kept.
    token: str = ""
    insecure: bool = False


class Choice(Struct, frozen=True):
    """Where a command works; without a server on the local database."""

    server: Server | None
    #: Who said so: `--server`, a setting, a login, or nobody.
    origin: str


def logins_of(settings: "Settings") -> "Logins":
    """What `tripkit login` has kept."""
    from tripkit.client.logins import Logins

    return Logins(use_keyring=settings.client.keyring)


def chosen(ctx: Any, config: "Config") -> Choice:
    """What the option says, else the setting `client.server`, else the last login."""
    settings = config.settings
    if option := ctx.meta.get(OPTION):
        return Choice(named(settings, option, "--server"), "--server")
    if settings.client.server:
        source = config.sources.get(_SETTING, "")
        origin = source if source in os.environ else f"{_SETTING} in {source}"
        return Choice(named(settings, settings.client.server, origin), origin)
    if url := logins_of(settings).default:
        return Choice(named(settings, url, "tripkit login"), "tripkit login")
    return Choice(None, "nothing else is chosen")


def named(settings: "Settings", name: str, origin: str, *, insecure: bool = False) -> Server | None:
    """The server with this address or profile; None for `local`.

    Plain http to another machine is refused, unless this call, the profile or the login there said `insecure`.
    """
    from tripkit.client.address import address

    if name == LOCAL:
        return None
    profile = settings.profile.get(name)
    if profile is not None and not profile.url:
        raise InvalidInput(f"profile.{name}.url: it is missing. It is the address of a server.")
    if profile is None and not any(mark in name for mark in ".:/[") and name != "localhost":
        known = ", ".join([LOCAL, *settings.profile])
        raise InvalidInput(
            f'{origin}: "{name}" is neither the address of a server, like https://trips.example.org, nor a profile: '
            f"there are {known}."
        )
    url = address(profile.url if profile else name, insecure=True)
    login = logins_of(settings).all().get(url)
    insecure = insecure or bool((profile and profile.insecure) or (login and login.insecure))
    return Server(address(url, insecure=insecure), origin, _token(settings, name, url), insecure)


def _token(settings: "Settings", name: str, url: str) -> str:
    """The API token that the settings have for a server: no other server gets it."""
    from tripkit.client.address import address

    if profile := settings.profile.get(name):
        return profile.token
    setting = settings.client.server
    if setting and setting != LOCAL and setting not in settings.profile and address(setting, insecure=True) == url:
        return settings.client.token
    return ""
