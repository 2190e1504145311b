"""Words of texts as they are searched for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.services import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Málaga–Łódź", ["malaga", "lodz"]),
        ("KYOTO kyoto Kyoto.", ["kyoto"]),
        ("京都駅", ["京都", "都駅", "駅"]),
        ("ｷｮｳﾄ", ["キョ", "ョウ", "ウト", "ト"]),
        ("東京タワー2", ["東京", "京タ", "タワ", "ワー", "ー", "2"]),
        ("O'Hare", ["ohare", "o", "hare"]),
        ("l’été", ["lete", "l", "ete"]),
        ("Stoke-on-Trent", ["stoke", "on", "trent"]),
        ("D.C.", ["dc", "d", "c"]),
        ("❤️ Paris 🏖", ["❤", "paris", "🏖"]),
        ("हिन्दी", ["हिन्दी"]),
        ('"*()-', []),
        ("\x00\u200d \ufe0f", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_words_are_folded_and_each_is_there_once(text: str, expected: list[str]) -> None:
    assert words.indexed([text, text]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kyo te", ["kyo…", "te…"]),
        ("京", ["京…"]),
        ("京都駅", ["京都", "都駅"]),
        ("o'hare", ["ohare…"]),
        ("end.Next", ["end…", "next…"]),
        ("D.C.", ["dc…"]),
        ("kyoto kyoto", ["kyoto…"]),
        ("AND", ["and…"]),
        (" ", []),
    ],
)
def test_words_that_are_searched_for_may_be_beginnings(text: str, expected: list[str]) -> None:
    assert [term.text + ("" if term.whole else "…") for term in words.searched(text)] == expected


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Tea in KYÕTO, tea", "te kyo", ["Tea", "KYÕTO", "tea"]),
        ("the l’été, 'quoted'", "ete quoted", ["l’été", "quoted"]),
        ("古い京都駅前", "京都駅", ["京都駅"]),
        ("ｷｮｳﾄ", "キョウ", ["ｷｮｳ"]),
        ("Straße", "strasse", ["Straße"]),
        ("🏖 Beach", "🏖", ["🏖"]),
        ("nothing", "else", []),
    ],
)
def test_marks_are_where_the_words_are(text: str, query: str, expected: list[str]) -> None:
    found, _ = words.marks(text, words.searched(query))
    assert [text[start:end] for start, end in found] == expected


def test_the_terms_that_are_there_are_named() -> None:
    assert words.marks("Tea in 京都", words.searched("te 京都 lisbon"))[1] == {"te", "京都"}


@given(st.text(max_size=60))
def test_a_text_is_found_by_itself_and_marks_are_within_it(text: str) -> None:
    terms = words.searched(text)
    indexed = words.indexed([text])
    for term in terms:
        assert any(word == term.text if term.whole else word.startswith(term.text) for word in indexed)
    found, there = words.marks(text, terms)
    assert there == {term.text for term in terms}
    edges = [edge for each in found for edge in each]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in found)
