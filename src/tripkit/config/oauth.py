"""Sign-in providers: each is a section `[oauth.NAME]`."""

import ipaddress
import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

GOOGLE: Final = "google"
FACEBOOK: Final = "facebook"
GOOGLE_ISSUER: Final = "https://accounts.google.com"
#: It stands in addresses and in the names of environment variables.
NAME: Final = re.compile(r"(?=.{1,32}\Z)[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME_RULE: Final = "up to 32 lower-case letters, digits and single underscores, beginning with a letter"
_SECRET: Final[dict[str, Any]] = {"secret": True}

Url = Annotated[str, Meta(pattern=r"^(https?://[^/?#\s@]+(/[^?#\s]*)?)?$", examples=["https://auth.example.org"])]
Claim = Annotated[str, Meta(min_length=1, max_length=100)]


class OAuth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sign-in provider. NAME is google, facebook, or for any OpenID Connect provider a name of your choice."""

    client_id: Annotated[
        str, Meta(description="The id that the provider gave to this server. Empty: the provider is not offered.")
    ] = ""
    client_secret: Annotated[
        str,
        Meta(description="The secret that belongs to it. Empty: the provider is not offered.", extra=_SECRET),
    ] = ""
    issuer: Annotated[
        Url,
        Meta(
            description="Address of the OpenID provider, exactly as its discovery document spells it. "
            "Not needed for google and facebook."
        ),
    ] = ""
    label: Annotated[
        str, Meta(max_length=50, description="What people see on the button. Empty: the name of the provider.")
    ] = ""
    scopes: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[!#-\[\]-~]+$", examples=["profile"])], ...],
        Meta(description="What is asked for. Empty: openid, email and profile; for facebook email and public_profile."),
    ] = ()
    redirect_uris: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z][a-z0-9+.-]*:[^\s#]+$", examples=["org.example:/signed-in"])], ...],
        Meta(
            description="Addresses of your own apps that may redeem a code of this provider through the API, exactly "
            "as they are registered there."
        ),
    ] = ()
    authorized_parties: Annotated[
        tuple[str, ...],
        Meta(
            description="Client ids of your own apps for which an ID token with this client_id as its audience may "
            "have been made (its claim azp), as Google does for Android."
        ),
    ] = ()
    allowed_domains: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[^@\s]+$", examples=["example.org"])], ...],
        Meta(description="Domains of verified email addresses that may sign in. Empty: all addresses may."),
    ] = ()
    trust_email: Annotated[
        bool,
        Meta(
            description="Take every address of this provider as verified. Only right for a provider that lets nobody "
            "set an address of somebody else."
        ),
    ] = False
    auto_create: Annotated[bool, Meta(description="Make an account for somebody who has none yet.")] = True
    admin_group: Annotated[
        str,
        Meta(
            description="Members of this group of the provider are made administrators when they sign in, and others "
            "lose it. Empty: nothing is changed."
        ),
    ] = ""
    username_claim: Annotated[Claim, Meta(description="Claim from which the username of a new account is made.")] = (
        "preferred_username"
    )
    email_claim: Annotated[Claim, Meta(description="Claim with the email address.")] = "email"
    verified_claim: Annotated[Claim, Meta(description="Claim that says whether the address was verified.")] = (
        "email_verified"
    )
    first_name_claim: Annotated[Claim, Meta(description="Claim with the first name.")] = "given_name"
    last_name_claim: Annotated[Claim, Meta(description="Claim with the last name.")] = "family_name"
    groups_claim: Annotated[Claim, Meta(description="Claim with the list of groups.")] = "groups"
    graph_url: Annotated[Url, Meta(description="facebook: where its Graph API is, with the version.")] = (
        "https://graph.facebook.com/v23.0"
    )
    timeout: Annotated[int, Meta(ge=1, le=30, description="Seconds in which the provider must have answered.")] = 5

    @property
    def is_complete(self) -> bool:
        """Whether it has its keys."""
        return bool(self.client_id and self.client_secret)


def is_private_enough(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent: HTTPS, or HTTP that stays on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def lacks_issuer(name: str, options: OAuth) -> bool:
    """Whether it cannot be used, because nobody knows where it is."""
    return options.is_complete and name not in (GOOGLE, FACEBOOK) and not options.issuer
