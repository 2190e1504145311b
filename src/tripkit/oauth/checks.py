"""What has to be right before anybody can sign in with a provider, looked at one by one."""

from collections.abc import Iterator
from typing import Final

from tripkit.config import OAuth
from tripkit.errors import ProviderUnavailable
from tripkit.oauth.base import Now, ProviderFinding
from tripkit.oauth.discovery import Discovery, Metadata
from tripkit.oauth.http import Http, OAuthError, Reply
from tripkit.oauth.id_token import LEEWAY

#: A code that no provider has made: whoever complains about it has accepted the client.
_NO_CODE: Final = "tripkit-oauth-check"
_ACCEPTED: Final = ProviderFinding("secret", "ok", "accepted")
_REFUSED: Final = ProviderFinding(
    "secret", "wrong", "the client_id or client_secret is wrong: the provider refuses them."
)
#: The refusals of RFC 6749, section 5.2, and one of Google's.
_MEANING: Final = {
    "invalid_client": _REFUSED,
    "unauthorized_client": _REFUSED,
    "invalid_grant": _ACCEPTED,
    "redirect_uri_mismatch": ProviderFinding(
        "secret", "wrong", "accepted, but the redirect URI above is not registered with the provider."
    ),
}


async def check_openid(http: Http, discovery: Discovery, redirect_uri: str, now: Now) -> list[ProviderFinding]:
    """Discovery, keys, clock and secret of an OpenID provider; what cannot be looked at is left out."""
    try:
        reply = await http.get(discovery.url)
        metadata = await discovery.metadata()
    except ProviderUnavailable as error:
        return [_failed("discovery", error, discovery.url)]
    found = [ProviderFinding("discovery", "ok", f"{discovery.url} describes {metadata.issuer}")]
    try:
        keys = await discovery.keys()
        count = len(keys.keys)
        found.append(ProviderFinding("keys", "ok", f"{count} for {', '.join(metadata.algorithms)}"))
    except ProviderUnavailable as error:
        found.append(_failed("keys", error))
    found += _clock(reply, now)
    found.append(await _secret(http, metadata, redirect_uri))
    return found


async def check_facebook(http: Http, graph: str, options: OAuth, now: Now) -> list[ProviderFinding]:
    """Graph, clock and secret: an app that may ask about itself has the right secret."""
    token = f"{options.client_id}|{options.client_secret}"
    try:
        reply = await http.get(f"{graph}/debug_token", params={"input_token": token, "access_token": token})
    except ProviderUnavailable as error:
        return [_failed("graph", error, graph)]
    return [
        ProviderFinding("graph", "ok", graph),
        *_clock(reply, now),
        _ACCEPTED if reply.status == 200 else _REFUSED,
    ]


async def _secret(http: Http, metadata: Metadata, redirect_uri: str) -> ProviderFinding:
    try:
        await http.redeem(
            metadata.token_endpoint,
            method=metadata.method or "",
            code=_NO_CODE,
            redirect_uri=redirect_uri,
            code_verifier=_NO_CODE.ljust(43, "0"),
        )
    except OAuthError as error:
        unclear = ProviderFinding("secret", "unknown", f"the provider answers {error.error!r:.100}")
        return _MEANING.get(str(error.error), unclear)
    except ProviderUnavailable as error:
        return _failed("secret", error, metadata.token_endpoint)
    return ProviderFinding("secret", "unknown", "the provider accepts a code that it has not made")


def _failed(check: str, error: ProviderUnavailable, url: str = "") -> ProviderFinding:
    return ProviderFinding(check, "wrong", f"{error.where or url}: {error.reason}.")


def _clock(reply: Reply, now: Now) -> Iterator[ProviderFinding]:
    if reply.date is None:
        yield ProviderFinding("clock", "unknown", "the provider does not tell its time")
        return
    ahead = round((now() - reply.date).total_seconds())
    if abs(ahead) <= LEEWAY:
        yield ProviderFinding("clock", "ok", f"within {LEEWAY} s of the provider's")
    else:
        where = "ahead of" if ahead > 0 else "behind"
        yield ProviderFinding(
            "clock", "wrong", f"the clock of this machine is {abs(ahead)} s {where} the provider's. Set it by NTP."
        )
