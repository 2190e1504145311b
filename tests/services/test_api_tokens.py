"""API tokens: whose they are, what they were made for, and their ends."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import (
    Conflict,
    Forbidden,
    InsufficientScope,
    InvalidToken,
    NotFound,
    ReauthenticationRequired,
    ValidationFailed,
)
from tripkit.schemas.api_tokens import ApiTokenIn, NewApiToken
from tripkit.schemas.users import Actor, Client, PasswordChangeIn, ReauthenticationIn, UserPatch
from tripkit.services import policy
from tripkit.services.api_tokens import MOST, ApiTokens

from ..conftest import FakeClock

HERE = Client("192.0.2.9", "script", "request-1")
Make = Callable[..., NewApiToken]


@pytest.fixture
def tokens(tripkit: Tripkit) -> ApiTokens:
    return tripkit.api_tokens


@pytest.fixture
def make(tokens: ApiTokens, ada: Actor) -> Make:
    """`make("plans:read")`: a token of Ada."""

    def make(*scopes: Any, actor: Actor = ada, **fields: Any) -> NewApiToken:
        return tokens.create(actor, ApiTokenIn("backup", list(scopes or ["plans:read"]), **fields))

    return make


def is_alive(tokens: ApiTokens, token: NewApiToken) -> bool:
    try:
        return bool(tokens.authenticate(token.token, HERE))
    except InvalidToken:
        return False


def test_a_token_says_who_acts_and_within_which_bounds(tokens: ApiTokens, make: Make, ada: Actor) -> None:
    made = make("plans:write", "plans:read", "plans:read")
    actor, _ = tokens.authenticate(made.token, HERE)
    assert (actor.user_id, actor.username, actor.is_admin) == (ada.user_id, "ada", False)
    assert actor.scopes == {"plans:read", "plans:write"}
    assert (actor.session_id, actor.client, actor.via) == (None, HERE, f"token {made.id}")


def test_a_token_is_known_by_its_form_and_only_its_hash_is_kept(tripkit: Tripkit, make: Make) -> None:
    first, second = make(), make()
    assert re.fullmatch("tripkit_pat_[0-9A-Za-z]{43}", first.token)
    assert first.token != second.token
    kept = str(tripkit.db.execute("SELECT * FROM api_tokens").fetchall())
    kept += str(tripkit.db.execute("SELECT * FROM audit_events").fetchall())
    assert first.token not in kept
    assert first.token.removeprefix("tripkit_pat_") not in kept


def test_a_token_is_listed_without_what_would_let_anybody_use_it(tokens: ApiTokens, make: Make, ada: Actor) -> None:
    first, second = make(), make("account", expires_in_days=None)
    listed = tokens.all(ada).results
    assert [each.id for each in listed] == [second.id, first.id]
    assert not any(hasattr(each, "token") for each in listed)
    assert tokens.get(ada, first.id) == listed[1]
    assert listed[0].scopes == ["account"]
    assert listed[0].expires_at is None


@pytest.mark.parametrize("position", [12, 30, 54])
@pytest.mark.parametrize("bit", range(7))
def test_a_token_with_one_bit_changed_is_worth_nothing(tokens: ApiTokens, make: Make, position: int, bit: int) -> None:
    token = make().token
    altered = token[:position] + chr(ord(token[position]) ^ 1 << bit) + token[position + 1 :]
    with pytest.raises(InvalidToken):
        tokens.authenticate(altered, HERE)


@pytest.mark.parametrize(
    "token", ["", "tripkit_pat_", "tripkit_pat_" + "a" * 43, "tripkit_pat_" + "é" * 43, "a" * 9999]
)
def test_what_was_never_made_is_worth_nothing(tokens: ApiTokens, token: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.authenticate(token, HERE)


# --- ends -----------------------------------------------------------------------------------------------------------


def test_a_token_expires(tokens: ApiTokens, make: Make, clock: FakeClock) -> None:
    short, standard, endless = make(expires_in_days=1), make(), make(expires_in_days=None)
    clock.advance(days=1, microseconds=-1)
    assert is_alive(tokens, short)
    clock.advance(microseconds=1)
    assert not is_alive(tokens, short)
    clock.advance(days=88)
    assert is_alive(tokens, standard)
    clock.advance(days=1)
    assert not is_alive(tokens, standard)
    clock.advance(days=10_000)
    assert is_alive(tokens, endless)


def test_a_revoked_token_is_dead_at_once_and_others_are_not(tokens: ApiTokens, make: Make, ada: Actor) -> None:
    first, second = make(), make()
    tokens.revoke(ada, first.id)
    assert [is_alive(tokens, each) for each in (first, second)] == [False, True]
    with pytest.raises(NotFound):
        tokens.revoke(ada, first.id)


def test_nobody_sees_or_revokes_the_tokens_of_somebody_else(
    tokens: ApiTokens, make: Make, bob: Actor, make_user: Callable[..., Actor]
) -> None:
    made = make()
    for actor in (bob, make_user("root", admin=True)):
        assert tokens.all(actor).results == []
        for use in (tokens.get, tokens.revoke):
            with pytest.raises(NotFound):
                use(actor, made.id)
    assert is_alive(tokens, made)


def test_tokens_of_the_disabled_and_the_deleted_are_dead_at_once(
    tripkit: Tripkit, tokens: ApiTokens, make: Make, ada: Actor
) -> None:
    made = make()
    tripkit.db.unit(lambda: tripkit.db.execute("UPDATE users SET is_active = false"))
    assert not is_alive(tokens, made)
    tripkit.db.unit(lambda: tripkit.db.execute("UPDATE users SET is_active = true"))
    assert is_alive(tokens, made)
    tripkit.db.unit(lambda: tripkit.db.execute("DELETE FROM users"))
    assert not is_alive(tokens, made)
    assert tripkit.db.execute("SELECT * FROM api_tokens").fetchall() == []


def test_all_tokens_of_somebody_can_be_revoked_at_once(tokens: ApiTokens, make: Make, ada: Actor, bob: Actor) -> None:
    adas, bobs = [make(), make()], make(actor=bob)
    assert tokens.revoke_all(ada.user_id) == 2
    assert not any(is_alive(tokens, each) for each in adas)
    assert is_alive(tokens, bobs)


def test_a_new_password_does_not_end_tokens(tripkit: Tripkit, make: Make, ada: Actor, password: str) -> None:
    made = make()
    tripkit.accounts.change_password(
        ada, PasswordChangeIn("an entirely new phrase", "an entirely new phrase", password)
    )
    assert is_alive(tripkit.api_tokens, made)


# --- bounds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "opens"),
    [
        (["plans:read"], {"plans:read"}),
        (["plans:write"], {"plans:read", "plans:write"}),
        (["account"], {"account"}),
        (["admin"], {"admin"}),
    ],
)
def test_a_scope_opens_itself_and_writing_includes_reading(
    tokens: ApiTokens, make: Make, make_user: Callable[..., Actor], scopes: list[str], opens: set[str]
) -> None:
    actor, _ = tokens.authenticate(make(*scopes, actor=make_user("root", admin=True)).token, HERE)
    for scope in ("plans:read", "plans:write", "account", "admin"):
        if scope in opens:
            policy.require_scope(actor, scope)
        else:
            with pytest.raises(InsufficientScope, match=f"lacks the scope {scope}"):
                policy.require_scope(actor, scope)
    with pytest.raises(InsufficientScope, match="No API token may do this"):
        policy.require_scope(actor, None)


def test_sessions_and_commands_have_no_bounds(ada: Actor) -> None:
    for scope in ("plans:read", "admin", None):
        policy.require_scope(ada, scope)
        policy.require_scope(policy.OPERATOR, scope)


def test_administration_needs_the_scope_and_an_administrator_at_each_use(
    tripkit: Tripkit, tokens: ApiTokens, make: Make, make_user: Callable[..., Actor]
) -> None:
    root = make_user("root", admin=True)
    admin, reader = make("admin", actor=root), make("plans:read", actor=root)
    assert tokens.authenticate(admin.token, HERE)[0].is_admin
    assert not tokens.authenticate(reader.token, HERE)[0].is_admin
    tripkit.db.unit(lambda: tripkit.db.execute("UPDATE users SET is_admin = false"))
    demoted = tokens.authenticate(admin.token, HERE)[0]
    assert not demoted.is_admin
    with pytest.raises(Forbidden):
        policy.require_admin(demoted)


def test_whoever_is_no_administrator_gets_no_token_for_administration(make: Make) -> None:
    with pytest.raises(ValidationFailed) as failed:
        make("plans:read", "admin")
    assert failed.value.errors.keys() == {"scopes"}


@pytest.mark.parametrize("name", [" ", "two\nlines", "\x1b[31m", "\u202ebackwards"])
def test_a_name_is_one_line_of_text(tokens: ApiTokens, ada: Actor, name: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        tokens.create(ada, ApiTokenIn(name, ["account"]))
    assert failed.value.errors.keys() == {"name"}


def test_there_is_a_most_of_tokens(tokens: ApiTokens, make: Make, ada: Actor, bob: Actor) -> None:
    for _ in range(MOST):
        made = make()
    with pytest.raises(Conflict, match="100 tokens"):
        make()
    make(actor=bob)
    tokens.revoke(ada, made.id)
    make()


# --- what a token can never do --------------------------------------------------------------------------------------


def test_a_token_changes_nothing_that_its_owner_signs_in_with(
    tripkit: Tripkit, tokens: ApiTokens, make: Make, make_user: Callable[..., Actor], password: str
) -> None:
    root = make_user("root", admin=True)
    made = make("plans:write", "account", "admin", actor=root)
    actor, _ = tokens.authenticate(made.token, HERE)
    new = "an entirely new phrase"
    attempts: list[Callable[[], Any]] = [
        lambda: make(actor=actor),
        lambda: tokens.revoke(actor, made.id),
        lambda: tripkit.accounts.change_password(actor, PasswordChangeIn(new, new, password)),
        lambda: tripkit.accounts.change_password(actor, PasswordChangeIn(new, new)),
        lambda: tripkit.accounts.edit(actor, UserPatch(email="eve@example.org")),
        lambda: tripkit.reauthentication.give(actor, ReauthenticationIn(password=password)),
        lambda: tripkit.second_factors.set_up(actor),
        lambda: tripkit.second_factors.activate(actor, "123456"),
        lambda: tripkit.second_factors.renew_recovery_codes(actor),
        lambda: tripkit.second_factors.disable(actor, "123456"),
        lambda: tripkit.sessions.end_others(actor),
        lambda: tripkit.sessions.end_one(actor, root.session_id or 0),
    ]
    for attempt in attempts:
        with pytest.raises(InsufficientScope):
            attempt()
    assert tripkit.accounts.edit(actor, UserPatch(first_name="Root")).first_name == "Root"


def test_making_and_revoking_needs_recent_authentication(
    tokens: ApiTokens, make: Make, ada: Actor, clock: FakeClock
) -> None:
    made = make()
    clock.advance(minutes=10)
    with pytest.raises(ReauthenticationRequired):
        make()
    with pytest.raises(ReauthenticationRequired):
        tokens.revoke(ada, made.id)
    assert is_alive(tokens, made)


# --- last use -------------------------------------------------------------------------------------------------------


def test_the_use_of_a_token_is_noted_every_ten_minutes_at_most(
    tokens: ApiTokens, make: Make, ada: Actor, clock: FakeClock
) -> None:
    made = make()

    def use() -> bool:
        actor, is_news = tokens.authenticate(made.token, HERE)
        if is_news:
            tokens.note_use(actor)
        return is_news

    assert tokens.get(ada, made.id).last_used_at is None
    first = clock.now
    assert [use(), use()] == [True, False]
    clock.advance(minutes=10, seconds=-1)
    assert not use()
    assert tokens.get(ada, made.id).last_used_at == first
    clock.advance(seconds=1)
    assert use()
    assert tokens.get(ada, made.id).last_used_at == clock.now


def test_making_and_revoking_is_recorded(tripkit: Tripkit, tokens: ApiTokens, make: Make, ada: Actor) -> None:
    tokens.revoke(ada, make("account").id)
    rows = tripkit.db.execute("SELECT event, details FROM audit_events ORDER BY id DESC LIMIT 2").fetchall()
    assert [event for event, _ in rows] == ["token.revoked", "token.created"]
    assert '"scopes":"account"' in rows[1][1]
