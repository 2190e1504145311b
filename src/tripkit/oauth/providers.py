"""From settings to providers."""

from collections.abc import Mapping

from tripkit.config import OAuth
from tripkit.config.oauth import FACEBOOK, GOOGLE
from tripkit.oauth.base import Now, OAuthProvider, ProviderFinding, callback_url
from tripkit.oauth.facebook import Facebook
from tripkit.oauth.openid import Google, OpenIDProvider


def open_providers(options: Mapping[str, OAuth], now: Now) -> dict[str, OAuthProvider]:
    """Every provider that has its keys, by name. Nothing is asked yet."""
    return {name: open_provider(name, each, now) for name, each in options.items() if each.is_complete}


def open_provider(name: str, options: OAuth, now: Now) -> OAuthProvider:
    """The provider of one section of the settings."""
    if name == GOOGLE:
        return Google(name, options, now)
    if name == FACEBOOK:
        return Facebook(name, options, now)
    return OpenIDProvider(name, options, now)


async def check(name: str, options: OAuth, public_url: str, now: Now) -> list[ProviderFinding]:
    """Look at everything that has to be right before anybody can sign in with a provider."""
    missing = [field for field in ("client_id", "client_secret") if not getattr(options, field)]
    if missing:
        what = " and ".join(f"oauth.{name}.{field}" for field in missing)
        return [ProviderFinding("settings", "wrong", f"{what} is missing, so the provider is not offered.")]
    back = callback_url(public_url, name) if public_url else ""
    where = (
        ProviderFinding("redirect URI", "ok", f"{back} has to be registered with the provider, exactly like this")
        if back
        else ProviderFinding(
            "redirect URI", "wrong", "server.public_url is missing: browsers come back to an address there."
        )
    )
    return [where, *await open_provider(name, options, now).check(back)]
