"""Tokens: only ours, whole, for this use and in time are accepted."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tripkit.errors import InvalidToken
from tripkit.security.jwt import LONGEST, Claims, Tokens
from tripkit.security.keys import KeyRing, key_id

KEY, PREVIOUS, FOREIGN = (letter * 32 for letter in (b"k", b"p", b"f"))
NOW = datetime(2027, 4, 1, 9, 30, tzinfo=UTC)
CLAIMS = {
    "iss": "tripkit",
    "aud": "tripkit",
    "typ": "access",
    "sub": "7",
    "sid": 3,
    "jti": "a" * 32,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 3600,
}
HEADER = {"alg": "HS256", "typ": "JWT", "kid": key_id(KEY)}


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(KeyRing(KEY, (PREVIOUS,)), issuer="tripkit")


@pytest.fixture
def token(tokens: Tokens) -> str:
    return issue(tokens)


def issue(tokens: Tokens, kind: Any = "access", **changes: Any) -> str:
    values = {"user_id": 7, "session_id": 3, "token_id": "a" * 32, "now": NOW, "until": NOW + timedelta(hours=1)}
    return tokens.issue(kind, **(values | changes))


def encode(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forge(claims: Any = CLAIMS, header: Any = HEADER, key: bytes = KEY, digest: Any = hashlib.sha256) -> str:
    """A token made by hand, signed as tripkit would with `key`."""
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(hmac.digest(KeyRing(key).signing('jwt'), signed.encode(), digest))}"


def refuse(tokens: Tokens, token: str, now: datetime = NOW) -> str:
    """The reason for which both ways of checking refuse this token."""
    with pytest.raises(InvalidToken) as first:
        tokens.verify("access", token, now)
    with pytest.raises(InvalidToken) as second:
        tokens.verify_access(token, now)
    assert first.value.reason == second.value.reason
    assert len(token) < 9 or token not in str(first.value)
    return first.value.reason


def test_a_token_says_what_it_was_issued_with(tokens: Tokens, token: str) -> None:
    expected = Claims(7, 3, "a" * 32, int(NOW.timestamp()) + 3600)
    assert tokens.verify("access", token, NOW) == tokens.verify_access(token, NOW) == expected


def test_a_token_made_by_hand_with_the_same_key_is_accepted(tokens: Tokens) -> None:
    """Shows that the forgeries below fail for what is wrong with them, and for nothing else."""
    assert tokens.verify("access", forge(), NOW).user_id == 7


def test_a_token_carries_every_claim_and_the_id_of_its_key(token: str) -> None:
    header, claims, _ = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in [*token.split(".")[:2], "e30"])
    assert header == HEADER
    assert claims == CLAIMS


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "whatever"])
def test_an_unsigned_token_is_refused(tokens: Tokens, algorithm: str, signature: str) -> None:
    refuse(tokens, f"{encode(HEADER | {'alg': algorithm})}.{encode(CLAIMS)}.{signature}")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA", "HS384", "HS512", "hs256", "", None, 256])
def test_the_header_does_not_choose_the_algorithm(tokens: Tokens, algorithm: Any) -> None:
    refuse(tokens, forge(header=HEADER | {"alg": algorithm}))


@pytest.mark.parametrize(("algorithm", "digest"), [("HS384", "sha384"), ("HS512", "sha512")])
def test_another_hash_with_the_right_key_is_refused(tokens: Tokens, algorithm: str, digest: str) -> None:
    refuse(tokens, forge(header=HEADER | {"alg": algorithm}, digest=digest))


@pytest.mark.parametrize("typ", ["refresh", "Access", "", None, 1, ["access"]])
def test_a_token_for_another_use_is_refused(tokens: Tokens, typ: Any) -> None:
    refuse(tokens, forge(CLAIMS | {"typ": typ}))


def test_an_access_token_cannot_refresh(tokens: Tokens, token: str) -> None:
    with pytest.raises(InvalidToken) as refused:
        tokens.verify("refresh", token, NOW)
    assert refused.value.reason == "it is not a token for this use (refresh is needed)"


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_is_required(tokens: Tokens, claim: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != claim}
    assert refuse(tokens, forge(claims)) == f"it lacks the claim {claim}"


@pytest.mark.parametrize("change", [{"iss": "elsewhere"}, {"iss": "Tripkit"}, {"aud": "elsewhere"}])
def test_a_token_for_another_service_is_refused(tokens: Tokens, change: dict[str, Any]) -> None:
    assert refuse(tokens, forge(CLAIMS | change)) == "it was made for another service"


@pytest.mark.parametrize("change", [{"sub": "ada"}, {"sid": "x"}, {"sid": None}, {"sid": [1]}])
def test_claims_that_tripkit_does_not_make_are_refused(tokens: Tokens, change: dict[str, Any]) -> None:
    refuse(tokens, forge(CLAIMS | change))


@pytest.mark.parametrize("claims", [b"[]", b"1", b"null", b'"x"', b"", b"{", b"\xff"])
def test_claims_that_are_no_object_are_refused(tokens: Tokens, claims: bytes) -> None:
    refuse(tokens, forge(claims))


@pytest.mark.parametrize("kid", ["", "0" * 16, None, 1, [], key_id(FOREIGN)])
def test_an_unknown_key_is_refused(tokens: Tokens, kid: Any) -> None:
    refuse(tokens, forge(header=HEADER | {"kid": kid}))
    refuse(tokens, forge(header={name: value for name, value in HEADER.items() if name != "kid"}))


def test_a_foreign_key_under_our_name_is_refused(tokens: Tokens) -> None:
    assert refuse(tokens, forge(key=FOREIGN)) == "its signature is wrong"


def test_the_key_of_another_purpose_does_not_sign_tokens(tokens: Tokens) -> None:
    signed = f"{encode(HEADER)}.{encode(CLAIMS)}"
    mac = hmac.digest(KeyRing(KEY).signing("cursor"), signed.encode(), hashlib.sha256)
    assert refuse(tokens, f"{signed}.{encode(mac)}") == "its signature is wrong"


def test_a_previous_key_is_still_accepted_and_signs_nothing_new(tokens: Tokens, token: str) -> None:
    old = issue(Tokens(KeyRing(PREVIOUS), issuer="tripkit"))
    assert tokens.verify("access", old, NOW).user_id == 7
    assert json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"] == key_id(KEY)
    refuse(Tokens(KeyRing(KEY), issuer="tripkit"), old)


def test_a_truncated_token_is_refused_wherever_it_was_cut(tokens: Tokens, token: str) -> None:
    for length in range(len(token)):
        refuse(tokens, token[:length])


def test_a_token_is_refused_when_any_character_was_altered(tokens: Tokens, token: str) -> None:
    for place, character in enumerate(token):
        for other in "A_.=é":
            if other != character:
                refuse(tokens, token[:place] + other + token[place + 1 :])


def test_another_spelling_of_the_same_bytes_is_refused(tokens: Tokens, token: str) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    other = token[:-1] + alphabet[last ^ 1]
    assert base64.urlsafe_b64decode(other.split(".")[2] + "=") == base64.urlsafe_b64decode(token.split(".")[2] + "=")
    assert refuse(tokens, other) == "it was altered"
    for spelling in (token + "=", token + "\n", " " + token, token + ".", token.replace("_", "/")):
        if spelling != token:
            refuse(tokens, spelling)


@pytest.mark.parametrize("junk", ["", ".", "..", "...", "a.b.c", "\0", "🗝", "\udc80", encode(b"[" * 2900) + ".e30.e30"])
def test_junk_is_refused(tokens: Tokens, junk: str) -> None:
    refuse(tokens, junk)


def test_a_token_lives_until_exactly_its_last_second(tokens: Tokens, token: str) -> None:
    end = NOW + timedelta(hours=1)
    for check in (lambda now: tokens.verify("access", token, now), lambda now: tokens.verify_access(token, now)):
        assert check(end - timedelta(microseconds=1)).user_id == 7
        with pytest.raises(InvalidToken) as refused:
            check(end)
        assert refused.value.reason == "it has expired"


def test_a_token_that_is_remembered_still_expires_and_stays_expired(tokens: Tokens, token: str) -> None:
    tokens.verify_access(token, NOW)
    for seconds in (3600, 3601, 3600):
        with pytest.raises(InvalidToken, match="expired"):
            tokens.verify_access(token, NOW + timedelta(seconds=seconds))


def test_a_refused_token_is_not_remembered(tokens: Tokens, token: str) -> None:
    forged = forge(key=FOREIGN)
    tokens.verify_access(token, NOW)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            tokens.verify_access(forged, NOW)


@pytest.mark.parametrize("length", [LONGEST + 1, 5_000, 1_000_000])
def test_a_token_that_is_too_long_is_refused_whatever_it_says(tokens: Tokens, length: int) -> None:
    padded = forge(CLAIMS | {"pad": "x" * length})
    assert refuse(tokens, padded) == "it is too long"
    assert refuse(tokens, "x" * length) == "it is too long"
