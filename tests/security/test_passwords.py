"""Hashing, and what makes a password too weak."""

import unicodedata

import pytest

from tripkit.security.passwords import CONTEXT_WORDS, MIN_LENGTH, Passwords, weaknesses


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(memory=8192, time=1, parallelism=1)


def test_a_hash_is_argon2id_with_the_parameters_and_a_salt_of_its_own(passwords: Passwords) -> None:
    one, other = passwords.hash("open sesame"), passwords.hash("open sesame")
    assert one.startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    assert one != other


def test_only_the_right_password_is_verified(passwords: Passwords) -> None:
    digest = passwords.hash("open sesame")
    assert passwords.verify(digest, "open sesame")
    assert not passwords.verify(digest, "Open sesame")
    assert not passwords.verify(digest, "")


@pytest.mark.parametrize("password", ["open sesame", "nobody has this password", ""])
def test_nobody_has_no_password(passwords: Passwords, password: str) -> None:
    assert not passwords.verify(None, password)


@pytest.mark.parametrize("digest", ["", "x", "$argon2id$v=19$m=8192,t=1,p=1$bm9zYWx0$"])
def test_a_damaged_hash_fits_no_password(passwords: Passwords, digest: str) -> None:
    assert not passwords.verify(digest, "open sesame")


@pytest.mark.parametrize("other", [{"memory": 16384}, {"time": 2}, {"parallelism": 2}])
def test_a_hash_of_other_parameters_is_outdated_and_still_verified(passwords: Passwords, other: dict[str, int]) -> None:
    stronger = Passwords(**({"memory": 8192, "time": 1, "parallelism": 1} | other))
    digest = passwords.hash("open sesame")
    assert not passwords.outdated(digest)
    assert stronger.outdated(digest)
    assert stronger.verify(digest, "open sesame")


@pytest.mark.parametrize(
    ("password", "altered"),
    [
        ("cafe\u0301 au lait", "café au lait"),
        ("trailing space ", "trailing space"),
        (" leading space", "leading space"),
        ("line\nbreak\t!", "line break !"),
        ("ﬁve ligatures", "five ligatures"),
        ("a" * 1023 + "b", "a" * 1023 + "c"),
        ("x" * 100 + "🗝", "x" * 100),
    ],
)
def test_passwords_are_taken_byte_for_byte(passwords: Passwords, password: str, altered: str) -> None:
    digest = passwords.hash(password)
    assert passwords.verify(digest, password)
    assert not passwords.verify(digest, altered)


def test_a_decomposed_password_is_not_composed(passwords: Passwords) -> None:
    decomposed = "Zoe\u0308 reist allein"
    assert not passwords.verify(passwords.hash(decomposed), unicodedata.normalize("NFC", decomposed))


ADA = {
    "email address": "ada.lovelace@example.org",
    "username": "countess",
    "first name": "Augusta",
    "last name": "King",
}


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "éèêëàâäù",
        "x8$kQz!p",
        "пароль для поездки",
        "旅行計画二〇二七",
        "k7" * 512,
        "830174629501738",
        "vqjxkmzp",
        "VQJXKMZP",
        "!?#-+=%&",
        "12345678a!x",
        "tripkit takes me to Kyoto",
        "a holiday in Lisbon",
        "augusta-and-the-engine",
    ],
)
def test_a_good_password_has_no_weakness(password: str) -> None:
    assert weaknesses(password, ADA) == []


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("x8$kQz!", "is too short"),
        ("", "is too short"),
        ("é" * 513, "is too long"),
        ("k7" * 512 + "k", "is too long"),
        ("8675309112", "is entirely numeric"),
        ("83017462950173", "is entirely numeric"),
        ("٠١٢٣٤٥٦٧٨", "is entirely numeric"),
        ("password", "is one of the most common"),
        ("PassWord", "is one of the most common"),
        ("ada.lovelace@example.org", "is too similar to the email address"),
        ("lovelace", "is too similar to the email address"),
        ("Lovelace1", "is too similar to the email address"),
        ("countess", "is too similar to the username"),
        ("C0untess!", "is too similar to the username"),
        ("augusta9", "is too similar to the first name"),
        ("king1843", "is too easy to guess"),
        ("king!king!king!", "is too easy to guess"),
        ("lovelace_countess", "is too easy to guess"),
        ("tripkit2027!", "is too easy to guess"),
        ("TripKit-2027", "is too easy to guess"),
        ("travelplanner", "is too easy to guess"),
        ("Administrator1", "is too easy to guess"),
        ("augusta-travel-1", "is too easy to guess"),
    ],
)
def test_a_weak_password_is_told_why(password: str, reason: str) -> None:
    assert any(found.startswith(reason) for found in weaknesses(password, ADA))


def test_every_weakness_is_told_at_once() -> None:
    found = weaknesses("123456", {"username": "123456"})
    assert [each.split(":")[0] for each in found] == [
        "is too short",
        "is entirely numeric",
        "is one of the most common passwords",
        "is too similar to the username",
    ]


def test_empty_and_short_names_do_not_make_a_password_weak() -> None:
    assert weaknesses("x8$kQz!p", {"first name": "", "last name": "x8", "username": "k"}) == []


def test_short_parts_of_an_address_may_be_in_a_password() -> None:
    assert weaknesses("commuter9", {"email address": "ada@example.com"}) == []
    assert weaknesses("adas-x8$9", {"username": "ada"})


@pytest.mark.parametrize("word", CONTEXT_WORDS)
def test_words_of_this_program_do_not_count_towards_the_length(word: str) -> None:
    assert weaknesses(f"{word}-2027", {})
    assert weaknesses(f"x8$k{word}Qz!p", {}) == []


def test_the_list_of_common_passwords_has_at_least_ten_thousand() -> None:
    from tripkit.security.passwords import _common

    assert len(_common()) >= 10_000
    assert sum(len(each) >= MIN_LENGTH for each in _common()) >= 3000, "shorter ones are refused anyway"
    assert {"password", "qwertyuiop", "iloveyou1", "12345678"} <= _common()
