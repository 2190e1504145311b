"""The steps of a sign-in with a provider: each is taken once, in time, and by whoever took the one before."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import OAuth as Options
from tripkit.config import Settings
from tripkit.errors import Forbidden, NotFound, ProviderUnavailable, SignInFailed, ValidationFailed
from tripkit.oauth.base import AccessTokenProof, CodeProof, IdTokenProof, Person
from tripkit.schemas.oauth import CallbackQuery, ExchangeIn, LinkIn, ProofIn, StartQuery
from tripkit.schemas.users import Actor, Client
from tripkit.services.oauth import Begun, OAuth, new_secret

BACK = "https://trips.example.org/api/auth/login/google/callback/"
WHERE = Client("192.0.2.7", "tests", "request-1")
ADA = Person("sub-ada", "ada@example.org", True, "ada")
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Two providers; nobody asks them anything here."""
    keys = {"client_id": "x", "client_secret": "y"}
    apps = ("com.example.trips:/signed-in", "https://app.example.org/in")
    providers = {
        "google": Options(**keys, redirect_uris=apps),
        "home": Options(**keys, issuer="https://a.example"),
        "half": Options(client_id="x"),
    }
    server = msgspec.structs.replace(settings.server, public_url="https://trips.example.org")
    return msgspec.structs.replace(settings, oauth=providers, server=server)


@pytest.fixture
def oauth(tripkit: Tripkit) -> OAuth:
    return tripkit.oauth


class Browser:
    """A browser that goes to a provider and comes back."""

    def __init__(self, oauth: OAuth, name: str = "google", **query: Any) -> None:
        self.oauth, self.name, self.secret = oauth, name, new_secret()
        self.begun: Begun = oauth.begin(name, StartQuery(**query), BACK, self.secret)

    def back(self, name: str = "", secrets: list[str] | None = None, **query: Any) -> tuple[Any, CodeProof]:
        given = {"state": self.begun.state, "code": "from-the-provider"} | query
        known = [self.secret] if secrets is None else secrets
        return self.oauth.resume(name or self.name, CallbackQuery(**given), known)

    def code(self, person: Person = ADA) -> str:
        return self.oauth.hand_over(self.back()[0], person, WHERE)[1]


def test_only_complete_providers_are_there(oauth: OAuth) -> None:
    assert list(oauth.providers) == ["google", "home"]
    for name in ("half", "facebook", "", "../x"):
        with pytest.raises(NotFound):
            oauth.provider(name)


# --- the browser ----------------------------------------------------------------------------------------------------


def test_a_browser_that_comes_back_signs_in_once(tripkit: Tripkit, oauth: OAuth) -> None:
    browser = Browser(oauth, next="/app?tab=1")
    pending, proof = browser.back(iss="https://accounts.google.com")
    begun = browser.begun
    assert proof == CodeProof(
        "from-the-provider", BACK, begun.code_verifier, begun.nonce, "https://accounts.google.com"
    )
    url, code = oauth.hand_over(pending, ADA, WHERE)
    assert url == f"/app?tab=1&code={code}"
    user_id, provider = oauth.exchange(ExchangeIn(code))
    assert provider == "google"
    assert tripkit.accounts.sign_in(user_id, WHERE, provider=provider).user.username == "ada"


def test_verifier_and_nonce_are_new_each_time_and_cannot_be_told_from_the_state(oauth: OAuth) -> None:
    secret = new_secret()
    both = [oauth.begin("google", StartQuery(), BACK, secret) for _ in range(2)]
    values = [value for begun in both for value in (begun.state, begun.nonce, begun.code_verifier)]
    assert len(set(values)) == 6
    assert all(len(value) == 43 for value in values)


def test_what_is_kept_tells_nothing(tripkit: Tripkit, oauth: OAuth) -> None:
    browser = Browser(oauth)
    kept = str(tripkit.db.execute("SELECT * FROM oauth_tickets").fetchall())
    for secret in (browser.secret, browser.begun.state, browser.begun.nonce, browser.begun.code_verifier):
        assert secret not in kept


def test_state_is_refused_when_missing_wrong_or_used(oauth: OAuth) -> None:
    browser = Browser(oauth)
    for state in (None, "", "made-up", browser.begun.nonce, "\ud800"):
        with pytest.raises(SignInFailed):
            browser.back(state=state)
    browser.back()
    with pytest.raises(SignInFailed, match="completed already"):
        browser.back()


def test_state_is_refused_when_it_is_older_than_ten_minutes(oauth: OAuth, clock: Any) -> None:
    late, early = Browser(oauth), Browser(oauth)
    clock.advance(minutes=9, seconds=59)
    early.back()
    clock.advance(seconds=1)
    with pytest.raises(SignInFailed, match="more than 10 minutes ago"):
        late.back()


def test_state_is_refused_from_another_browser_and_is_used_up_by_it(oauth: OAuth) -> None:
    for secrets in ([], [new_secret()], [""]):
        browser = Browser(oauth)
        with pytest.raises(SignInFailed, match="another browser"):
            browser.back(secrets=secrets)
        with pytest.raises(SignInFailed, match="completed already"):
            browser.back()


def test_a_browser_may_have_several_sign_ins_under_way(oauth: OAuth) -> None:
    first, second = Browser(oauth), Browser(oauth)
    for browser in (first, second):
        _, proof = browser.back(secrets=[first.secret, second.secret])
        assert proof.code_verifier == browser.begun.code_verifier


def test_state_is_refused_for_another_provider(oauth: OAuth) -> None:
    browser = Browser(oauth)
    with pytest.raises(SignInFailed, match="another provider"):
        browser.back(name="home")


@pytest.mark.parametrize(
    ("error", "shown"), [("access_denied", "access_denied"), ("<b>evil</b>", "answers error"), ("x" * 99, "error")]
)
def test_what_the_provider_refuses_is_said_in_its_words_if_they_are_words(oauth: OAuth, error: str, shown: str) -> None:
    with pytest.raises(SignInFailed) as failed:
        Browser(oauth).back(error=error, code=None)
    assert shown in str(failed.value)
    assert "<" not in str(failed.value)
    with pytest.raises(SignInFailed, match="sent no code"):
        Browser(oauth).back(code=None)


def test_next_leads_nowhere_else(oauth: OAuth) -> None:
    for url in ("//evil.example", "/\\evil.example", "https://trips.example.org.evil.example"):
        with pytest.raises(ValidationFailed):
            Browser(oauth, next=url)
    assert Browser(oauth, next="https://trips.example.org/in")
    assert Browser(oauth, next="http://localhost:3000/in")


def test_of_many_who_come_back_at_once_one_goes_on(tripkit: Tripkit, oauth: OAuth, in_threads: Any) -> None:
    browser = Browser(oauth)
    outcomes = in_threads(10, browser.back, tripkit)
    assert [type(each) for each in outcomes].count(SignInFailed) == 9


# --- the one-time code ----------------------------------------------------------------------------------------------


def test_a_code_is_worth_something_once_and_for_sixty_seconds(
    tripkit: Tripkit, oauth: OAuth, clock: Any, in_threads: Any
) -> None:
    code, late, early = (Browser(oauth).code() for _ in range(3))
    outcomes = in_threads(10, lambda: oauth.exchange(ExchangeIn(code)), tripkit)
    assert [type(each) for each in outcomes].count(SignInFailed) == 9
    clock.advance(seconds=59)
    assert oauth.exchange(ExchangeIn(early))
    clock.advance(seconds=1)
    for spent in (late, code, "made-up"):
        with pytest.raises(SignInFailed, match="unknown, was used before, or is older than 60 seconds"):
            oauth.exchange(ExchangeIn(spent))


def test_other_tickets_are_no_codes(oauth: OAuth) -> None:
    for ticket in (Browser(oauth).begun.state, oauth.issue_nonce("google")):
        with pytest.raises(SignInFailed):
            oauth.exchange(ExchangeIn(ticket))


def test_a_code_is_worth_something_to_the_front_end_that_began_only(oauth: OAuth) -> None:
    assert oauth.exchange(ExchangeIn(Browser(oauth, code_challenge=CHALLENGE).code(), VERIFIER))
    for wrong in ({}, {"code_verifier": "w" * 43}):
        code = Browser(oauth, code_challenge=CHALLENGE).code()
        with pytest.raises(SignInFailed, match="another front end"):
            oauth.exchange(ExchangeIn(code, **wrong))
        with pytest.raises(SignInFailed, match="used before"):
            oauth.exchange(ExchangeIn(code, VERIFIER))
    with pytest.raises(SignInFailed, match="another front end"):
        oauth.exchange(ExchangeIn(Browser(oauth).code(), VERIFIER))


# --- apps -----------------------------------------------------------------------------------------------------------


def test_an_app_sends_one_proof_with_what_belongs_to_it(oauth: OAuth) -> None:
    nonce = oauth.issue_nonce("google")
    assert oauth.proof("google", ProofIn(id_token="t", nonce=nonce)) == IdTokenProof("t", nonce)
    assert oauth.proof("google", ProofIn(access_token="t")) == AccessTokenProof("t")
    code = ProofIn(code="c", redirect_uri="com.example.trips:/signed-in", code_verifier=VERIFIER)
    assert oauth.proof("google", code) == CodeProof("c", "com.example.trips:/signed-in", VERIFIER)
    nonce = oauth.issue_nonce("google")
    with_nonce = msgspec.structs.replace(code, nonce=nonce)
    assert oauth.proof("google", with_nonce) == CodeProof("c", "com.example.trips:/signed-in", VERIFIER, nonce)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, {"code"}),
        ({"nonce": "n"}, {"code"}),
        ({"code": "c", "id_token": "t"}, {"code"}),
        ({"code": "c"}, {"redirect_uri", "code_verifier"}),
        ({"code": "c", "redirect_uri": "https://app.example.org/in"}, {"code_verifier"}),
        ({"id_token": "t"}, {"nonce"}),
        ({"code": "c", "redirect_uri": "https://app.example.org/in/", "code_verifier": VERIFIER}, {"redirect_uri"}),
        ({"code": "c", "redirect_uri": "https://evil.example/", "code_verifier": VERIFIER}, {"redirect_uri"}),
        ({"code": "c", "redirect_uri": BACK, "code_verifier": VERIFIER}, {"redirect_uri"}),
    ],
)
def test_what_does_not_belong_together_is_named(oauth: OAuth, form: dict[str, str], fields: set[str]) -> None:
    with pytest.raises(ValidationFailed) as failed:
        oauth.proof("google", ProofIn(**form))
    assert failed.value.errors.keys() == fields


def test_a_nonce_is_worth_something_once_for_ten_minutes_at_one_provider(oauth: OAuth, clock: Any) -> None:
    used = oauth.issue_nonce("google")
    oauth.proof("google", ProofIn(id_token="t", nonce=used))
    elsewhere = oauth.issue_nonce("home")
    old = oauth.issue_nonce("google")
    for nonce in (used, elsewhere, "made-up", ""):
        with pytest.raises(SignInFailed, match="nonce"):
            oauth.proof("google", ProofIn(id_token="t", nonce=nonce))
    clock.advance(minutes=10)
    with pytest.raises(SignInFailed, match="nonce"):
        oauth.proof("google", ProofIn(id_token="t", nonce=old))


# --- linking --------------------------------------------------------------------------------------------------------


@pytest.fixture
def back_to_link(oauth: OAuth) -> Callable[..., str]:
    """The code that a browser brings back for somebody who asked to link."""

    def one(actor: Actor, person: Person = ADA, **form: Any) -> str:
        ticket = oauth.ask_to_link(actor, "google", LinkIn(**form))
        return Browser(oauth, link=ticket).code(person)

    return one


def test_the_session_that_asked_links(tripkit: Tripkit, oauth: OAuth, ada: Actor, back_to_link: Any) -> None:
    linked = oauth.confirm_link(ada, ExchangeIn(back_to_link(ada)))
    assert (linked.provider, linked.subject) == ("google", "sub-ada")
    assert tripkit.accounts.profile(ada).google_id == "sub-ada"


def test_what_was_said_when_linking_was_asked_for_counts(oauth: OAuth, ada: Actor, back_to_link: Any) -> None:
    ticket = oauth.ask_to_link(ada, "google", LinkIn("/settings", CHALLENGE))
    browser = Browser(oauth, link=ticket, next="http://localhost:3000/", code_challenge="x" * 43)
    url, code = oauth.hand_over(browser.back()[0], ADA, WHERE)
    assert url == f"/settings?code={code}"
    assert oauth.confirm_link(ada, ExchangeIn(code, VERIFIER))
    with pytest.raises(SignInFailed, match="another front end"):
        oauth.confirm_link(ada, ExchangeIn(back_to_link(ada, code_challenge=CHALLENGE)))
    with pytest.raises(ValidationFailed):
        oauth.ask_to_link(ada, "google", LinkIn("//evil.example"))


def test_another_session_links_nothing(
    tripkit: Tripkit, oauth: OAuth, ada: Actor, bob: Actor, back_to_link: Any
) -> None:
    again = tripkit.accounts.sign_in(ada.user_id, WHERE, provider="google")
    other_session = tripkit.sessions.authenticate(again.tokens.access, WHERE)
    for actor in (bob, other_session):
        with pytest.raises(SignInFailed, match="another session"):
            oauth.confirm_link(actor, ExchangeIn(back_to_link(ada)))
        assert tripkit.identities.of(actor) == []


def test_codes_to_sign_in_and_codes_to_link_are_not_the_same(oauth: OAuth, ada: Actor, back_to_link: Any) -> None:
    with pytest.raises(SignInFailed, match="made to link"):
        oauth.exchange(ExchangeIn(back_to_link(ada)))
    with pytest.raises(SignInFailed, match="made to sign in"):
        oauth.confirm_link(ada, ExchangeIn(Browser(oauth).code(Person("sub-new", "new@example.org"))))


def test_a_ticket_to_link_is_good_once_for_a_minute_at_one_provider(oauth: OAuth, ada: Actor, clock: Any) -> None:
    used, elsewhere, old = (oauth.ask_to_link(ada, "google", LinkIn()) for _ in range(3))
    assert Browser(oauth, link=used)
    for name, ticket in (("google", used), ("home", elsewhere), ("google", "made-up"), ("google", "")):
        with pytest.raises(SignInFailed, match="not asked for"):
            Browser(oauth, name, link=ticket)
    clock.advance(seconds=60)
    with pytest.raises(SignInFailed, match="not asked for"):
        Browser(oauth, link=old)


def test_commands_and_tokens_do_not_ask_to_link(oauth: OAuth, ada: Actor) -> None:
    with pytest.raises(Forbidden):
        oauth.ask_to_link(Actor(ada.user_id, ada.username), "google", LinkIn())


# --- the record -----------------------------------------------------------------------------------------------------


def test_refusals_are_recorded_without_secrets_and_names(tripkit: Tripkit, oauth: OAuth, ada: Actor) -> None:
    oauth.record_refusal("google", SignInFailed("the state is missing"), WHERE)
    oauth.record_refusal("google", ProviderUnavailable("Google", "it answers with the status 500"), WHERE, actor=ada)
    rows = tripkit.db.execute(
        "SELECT event, refused, actor, subject, client FROM audit_events ORDER BY id DESC LIMIT 2"
    ).fetchall()
    assert [tuple(row) for row in rows] == [
        ("identity.linked", "it answers with the status 500", ada.user_id, ada.user_id, "192.0.2.7"),
        ("session.started", "the state is missing", None, None, "192.0.2.7"),
    ]


def test_what_nobody_can_use_any_more_is_forgotten(tripkit: Tripkit, oauth: OAuth, clock: Any) -> None:
    Browser(oauth).code()
    Browser(oauth)
    clock.advance(minutes=5)
    fresh = Browser(oauth)
    clock.advance(minutes=5)
    assert tripkit.oauth_tickets.forget_expired() == 2
    assert fresh.back()


def test_sign_ins_that_are_under_way_survive_a_restart(
    tripkit: Tripkit, oauth: OAuth, settings: Settings, clock: Any
) -> None:
    browser = Browser(oauth)
    restarted = open_tripkit(settings, clock=clock)
    browser.oauth = restarted.oauth
    code = browser.code()
    assert oauth.exchange(ExchangeIn(code))
    restarted.close()
