"""Signing in with a provider: what has to come back with what, once, in time and to the same browser.

A browser goes through four steps. `begin` gives it a state, and a secret that only its cookie holds; the PKCE verifier
and the nonce are derived from both, so that nobody else can go on. `resume` takes the state back, and `hand_over` gives
the front end a one-time code, which `exchange` (or `confirm_link`) takes back. An app that talks to the provider itself
sends what it was given there (`proof`).
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Engine, atomic
from tripkit.errors import NotFound, SignInFailed, TripkitError, ValidationFailed
from tripkit.oauth.base import AccessTokenProof, CodeProof, IdTokenProof, OAuthProvider, Person, Proof
from tripkit.schemas.oauth import CallbackQuery, ExchangeIn, IdentityOut, LinkIn, ProofIn, StartQuery
from tripkit.schemas.users import Actor, Client
from tripkit.services import policy, return_urls
from tripkit.services.audit import Audit, Event
from tripkit.services.identities import Identities
from tripkit.services.oauth_tickets import OAuthTickets, Step, digest

_ERROR: Final = re.compile("[a-z_]{1,40}")


class Asker(msgspec.Struct, frozen=True):
    """The session that asked to link."""

    user_id: int
    session_id: int


class Link(msgspec.Struct, frozen=True):
    """Somebody asked to link a provider."""

    provider: str
    asker: Asker
    next: str | None
    code_challenge: str | None


class Pending(msgspec.Struct, frozen=True):
    """A browser is at a provider."""

    provider: str
    #: Of the secret in its cookie.
    browser: str
    redirect_uri: str
    next: str | None
    code_challenge: str | None
    asker: Asker | None


class Handover(msgspec.Struct, frozen=True):
    """A front end may go on: somebody signed in, or identified themselves to link."""

    provider: str
    code_challenge: str | None
    user_id: int | None = None
    asker: Asker | None = None
    person: Person | None = None


class Asked(msgspec.Struct, frozen=True):
    """A nonce was given out for a provider."""

    provider: str


class Begun(msgspec.Struct, frozen=True):
    """What the browser takes to the provider."""

    state: str
    nonce: str
    code_verifier: str


class OAuth:
    """The providers there are, and the steps of a sign-in with one."""

    def __init__(
        self,
        db: Engine,
        providers: Mapping[str, OAuthProvider],
        identities: Identities,
        tickets: OAuthTickets,
        audit: Audit,
        settings: Settings,
    ) -> None:
        self.db = db
        self.providers = providers
        self._identities, self._tickets, self._audit = identities, tickets, audit
        self._origins = (settings.server.public_url, *settings.server.cors_origins)

    def provider(self, name: str) -> OAuthProvider:
        """The provider with this name. Raises `NotFound`."""
        if name not in self.providers:
            raise NotFound("sign-in provider", name)
        return self.providers[name]

    # --- by way of a browser ------------------------------------------------------------------------------------

    @atomic
    def begin(self, name: str, query: StartQuery, redirect_uri: str, secret: str) -> Begun:
        """A browser, which keeps `secret` in a cookie, sets out. Raises `ValidationFailed` or `SignInFailed`."""
        asked = self._asked_to_link(name, query)
        back = asked.next if asked else query.next
        if back is not None:
            return_urls.check(back, self._origins)
        pending = Pending(
            provider=name,
            browser=digest(secret),
            redirect_uri=redirect_uri,
            next=back,
            code_challenge=asked.code_challenge if asked else query.code_challenge,
            asker=asked.asker if asked else None,
        )
        return _derived(self._tickets.issue(Step.STATE, pending), secret)

    @atomic
    def resume(self, name: str, query: CallbackQuery, known: Sequence[str]) -> tuple[Pending, CodeProof]:
        """A browser with these secrets in its cookie is back. Whatever comes of it, its state is used up."""
        if not query.state:
            raise SignInFailed("the state is missing")
        pending = self._tickets.use(Step.STATE, query.state, Pending)
        if pending is None:
            raise SignInFailed("it was begun more than 10 minutes ago, or has been completed already")
        if pending.provider != name:
            raise SignInFailed("it was begun with another provider")
        secret = next((each for each in known if hmac.compare_digest(digest(each), pending.browser)), None)
        if secret is None:
            raise SignInFailed("it was begun in another browser")
        if query.error:
            why = query.error if _ERROR.fullmatch(query.error) else "error"
            raise SignInFailed(f"the provider answers {why}")
        if not query.code:
            raise SignInFailed("the provider sent no code")
        begun = _derived(query.state, secret)
        proof = CodeProof(query.code, pending.redirect_uri, begun.code_verifier, begun.nonce, query.iss)
        return pending, proof

    @atomic
    def hand_over(self, pending: Pending, person: Person, client: Client) -> tuple[str | None, str]:
        """Where the browser goes next, if that was said, and the one-time code for the front end there."""
        handover = Handover(pending.provider, pending.code_challenge, asker=pending.asker, person=person)
        if pending.asker is None:
            user_id = self._identities.enter(self.provider(pending.provider), person, client)
            handover = Handover(pending.provider, pending.code_challenge, user_id=user_id)
        code = self._tickets.issue(Step.HANDOVER, handover)
        return pending.next and return_urls.with_code(pending.next, code), code

    @atomic
    def exchange(self, form: ExchangeIn) -> tuple[int, str]:
        """The account that a one-time code was made for, and the provider. Raises `SignInFailed`."""
        handover = self._take(form)
        if handover.user_id is None:
            raise SignInFailed("the code was made to link a provider")
        return handover.user_id, handover.provider

    # --- for apps that talk to the provider themselves ----------------------------------------------------------

    @atomic
    def issue_nonce(self, name: str) -> str:
        """What an ID token of this provider has to bear."""
        return self._tickets.issue(Step.NONCE, Asked(self.provider(name).name))

    @atomic
    def proof(self, name: str, form: ProofIn) -> Proof:
        """What was sent, in so far as it can be looked at here: a nonce is used up, a redirect URI has to be listed."""
        kind = _kind(form)
        if kind == "access_token":
            return AccessTokenProof(_given(form.access_token))
        nonce = self._used_nonce(name, form)
        if kind == "id_token":
            return IdTokenProof(_given(form.id_token), nonce or "")
        if form.redirect_uri not in self.provider(name).options.redirect_uris:
            raise ValidationFailed({"redirect_uri": [f"is not one of oauth.{name}.redirect_uris in the settings."]})
        return CodeProof(_given(form.code), _given(form.redirect_uri), _given(form.code_verifier), nonce)

    def enter(self, name: str, person: Person, client: Client) -> int:
        """The account of somebody whom the provider has just identified; see `Identities.enter`."""
        return self._identities.enter(self.provider(name), person, client)

    # --- linking ------------------------------------------------------------------------------------------------

    @atomic
    def ask_to_link(self, actor: Actor, name: str, form: LinkIn) -> str:
        """A ticket with which a browser may set out to link, on behalf of the session of the actor."""
        policy.require_session(actor)
        assert actor.session_id is not None
        asker = Asker(actor.user_id, actor.session_id)
        link = Link(self.provider(name).name, asker, form.next or None, form.code_challenge or None)
        if link.next is not None:
            return_urls.check(link.next, self._origins)
        return self._tickets.issue(Step.LINK, link)

    @atomic
    def confirm_link(self, actor: Actor, form: ExchangeIn) -> IdentityOut:
        """Link whoever came back from the provider, if it was the session of the actor that asked for it.

        So nobody gets their own identity into somebody else's account, nor somebody else's into their own.
        """
        handover = self._take(form)
        if handover.asker is None or handover.person is None:
            raise SignInFailed("the code was made to sign in")
        if handover.asker != Asker(actor.user_id, actor.session_id or 0):
            raise SignInFailed("linking was asked for in another session")
        return self._identities.link(actor, self.provider(handover.provider), handover.person)

    def link(self, actor: Actor, name: str, person: Person) -> IdentityOut:
        """Link somebody whom the provider has just identified to the actor; see `Identities.link`."""
        return self._identities.link(actor, self.provider(name), person)

    # --- the record ---------------------------------------------------------------------------------------------

    @atomic
    def record_refusal(
        self, name: str, error: TripkitError, client: Client, *, actor: Actor | None = None, subject: int | None = None
    ) -> None:
        """A sign-in, or linking, came to nothing."""
        event = Event.LINKED if actor else Event.LOGGED_IN
        why = getattr(error, "reason", "") or type(error).__name__
        self._audit.record(event, actor, subject=subject, client=client, refused=why, provider=name)

    # --- the parts ----------------------------------------------------------------------------------------------

    def _asked_to_link(self, name: str, query: StartQuery) -> Link | None:
        if query.link is None:
            return None
        asked = self._tickets.use(Step.LINK, query.link, Link)
        if asked is None or asked.provider != name:
            raise SignInFailed("linking was not asked for, or more than a minute ago")
        return asked

    def _take(self, form: ExchangeIn) -> Handover:
        handover = self._tickets.use(Step.HANDOVER, form.code, Handover)
        if handover is None:
            raise SignInFailed("the code is unknown, was used before, or is older than 60 seconds")
        # Also a verifier without a challenge is refused: the code was begun by somebody else (RFC 9700, 4.8.2).
        verifier = form.code_verifier or ""
        if (_challenge(verifier) if verifier else None) != handover.code_challenge:
            raise SignInFailed("the code was made for another front end")
        return handover

    def _used_nonce(self, name: str, form: ProofIn) -> str | None:
        if form.nonce is UNSET:
            return None
        asked = self._tickets.use(Step.NONCE, form.nonce, Asked)
        if asked is None or asked.provider != name:
            raise SignInFailed("the nonce is unknown, was used before, or is older than 10 minutes")
        return form.nonce


def new_secret() -> str:
    """For the cookie of a browser that sets out."""
    return secrets.token_urlsafe(32)


def _derived(state: str, secret: str) -> Begun:
    return Begun(state, _mac(secret, f"nonce {state}"), _mac(secret, f"code_verifier {state}"))


def _mac(secret: str, text: str) -> str:
    return _base64url(hmac.digest(secret.encode(), text.encode(errors="surrogatepass"), hashlib.sha256))


def _challenge(verifier: str) -> str:
    return _base64url(hashlib.sha256(verifier.encode()).digest())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("redirect_uri", "code_verifier"),
    "id_token": ("nonce",),
    "access_token": (),
}


def _kind(form: ProofIn) -> str:
    """Which proof was sent. Raises `ValidationFailed` for none, several, or one without its companions."""
    kinds = [kind for kind in _NEEDS if getattr(form, kind) is not UNSET]
    if len(kinds) != 1:
        raise ValidationFailed({"code": ["Send exactly one of code, id_token and access_token."]})
    missing = [name for name in _NEEDS[kinds[0]] if getattr(form, name) is UNSET]
    if missing:
        raise ValidationFailed({name: [f"is required with {kinds[0]}."] for name in missing})
    return kinds[0]


def _given(value: object) -> str:
    assert isinstance(value, str)
    return value
