"""From JSON to forms: every mistake is named, with the value and the remedy, and no secret is shown."""

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import InvalidInput, Malformed, ValidationFailed
from tripkit.schemas.plans import PlanIn, PlanPatch, PlanQuery
from tripkit.schemas.users import LoginIn, PasswordChangeIn, SignupIn, UserPatch
from tripkit.services import jsontext, validation


def errors(kind: Any, values: Any) -> dict[str, list[str]]:
    body = values if isinstance(values, bytes) else json.dumps(values).encode()
    with pytest.raises(ValidationFailed) as failed:
        validation.decode(kind, body)
    return failed.value.errors


def malformed(body: bytes, kind: Any = PlanIn) -> str:
    with pytest.raises(Malformed) as failed:
        validation.decode(kind, body)
    return str(failed.value)


def plan(**values: Any) -> dict[str, Any]:
    return {"title": "Kyoto", "destination": "Japan"} | values


def test_a_right_body_becomes_a_form() -> None:
    form = validation.decode(PlanIn, json.dumps(plan(tags=["a"])).encode())
    assert (form.title, form.tags, form.description) == ("Kyoto", ["a"], "")


def test_all_mistakes_are_told_at_once() -> None:
    found = errors(
        PlanIn,
        {
            "title": "x" * 201,
            "budget": "much",
            "start_date": "2027-02-30",
            "status": "lost",
            "tags": ["ok", 5],
            "description": None,
            "colour": "red",
        },
    )
    assert found == {
        "colour": [f"is not a field of this; the fields are: {', '.join(PlanIn.__struct_fields__)}."],
        "title": ["must have at most 200 characters (it has 201)."],
        "destination": ["is required."],
        "description": ["must be text, not null."],
        "start_date": ['must be a date like 2027-04-01, not "2027-02-30".'],
        "budget": ['must be a decimal like "12.50", not "much".'],
        "status": ['must be one of draft, published, archived, not "lost".'],
        "tags": ["item 1 must be text, not 5."],
    }


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "must not be empty."),
        ("title", 5, "must be text, not 5."),
        ("title", ["a"], "must be text, not a list."),
        ("title", {"a": 1}, "must be text, not an object."),
        ("destination", "x" * 101, "must have at most 100 characters (it has 101)."),
        ("start_date", "tomorrow", 'must be a date like 2027-04-01, not "tomorrow".'),
        ("start_date", 20270401, "must be a date like 2027-04-01 or null, not 20270401."),
        ("budget", True, 'must be a decimal like "12.50" or null, not true.'),
        ("tags", "a", 'must be a list, not "a".'),
        ("tags", ["x"] * 51, "must have at most 50 entries (it has 51)."),
        ("tags", ["x" * 51], "item 0 must have at most 50 characters (it has 51)."),
    ],
)
def test_a_message_names_the_value_and_the_remedy(field: str, value: Any, message: str) -> None:
    assert errors(PlanIn, plan(**{field: value})) == {field: [message]}


@pytest.mark.parametrize("tag", ['a"b', "a\\b", "a,b", "a\nb"])
def test_a_tag_says_which_characters_it_may_have(tag: str) -> None:
    [message] = errors(PlanIn, plan(tags=["x", tag]))["tags"]
    assert message.startswith("item 1 must be text without commas, quotes, backslashes and control characters, not ")


def test_a_long_value_is_cut_in_the_message() -> None:
    [message] = errors(PlanIn, plan(budget="x" * 5000))["budget"]
    assert len(message) < 120


@pytest.mark.parametrize("number", ["1e400", "-1e99999", "1" * 5000, "-1.5e-400", "[1e400]", '{"a": 1e400}'])
def test_a_number_beyond_all_measure_is_a_wrong_value_like_any_other(number: str) -> None:
    found = errors(PlanIn, b'{"title": %s, "destination": "x"}' % number.encode())
    assert re.match(r"must be (text|a number within range), not ", found["title"][0])
    assert len(found["title"][0]) < 120


def outcome_of(kind: Any, body: bytes) -> Any:
    try:
        return validation.decode(kind, body)
    except InvalidInput as refused:
        return refused


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=8
)


@given(
    kind=st.sampled_from([PlanIn, PlanPatch, SignupIn, UserPatch, PasswordChangeIn]),
    values=st.dictionaries(st.sampled_from([*PlanIn.__struct_fields__, *SignupIn.__struct_fields__, "x"]), VALUES),
)
def test_any_object_is_either_a_form_or_invalid_input_that_names_a_field(kind: Any, values: dict[str, Any]) -> None:
    outcome = outcome_of(kind, json.dumps(values).encode())
    if isinstance(outcome, ValidationFailed):
        assert outcome.errors
        assert outcome.errors.keys() <= set(values) | set(kind.__struct_fields__)
    elif isinstance(outcome, Malformed):
        assert "NUL" in str(outcome) or "surrogate" in str(outcome)
    else:
        assert isinstance(outcome, kind)


@given(body=st.binary(max_size=50) | st.text(st.sampled_from('{}[]",:\\u0d8NaN1e-. t')).map(str.encode))
def test_any_bytes_are_either_a_form_or_invalid_input(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        validation.decode(PlanIn, body)


# --- what cannot be read at all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"x"', b"true"])
def test_a_body_that_is_no_object_is_told_what_to_send(body: bytes) -> None:
    assert malformed(body) == 'The body must be a JSON object, like {"title": …, "destination": …}.'


@pytest.mark.parametrize("body", [b"", b" ", b"{", b"{'a': 1}", b'{"a": 1,}', b'{"a" 1}', b'{"a": 01}', b'{"a": 1} x'])
def test_broken_json_is_told_where(body: bytes) -> None:
    assert "line 1, column" in malformed(body)


def test_a_body_in_another_encoding_is_refused() -> None:
    assert malformed('{"title": "é"}'.encode("latin-1")) == "The body is not UTF-8 (byte 11). Send JSON in UTF-8."
    assert "not UTF-8" in malformed('{"title": "é"}'.encode("utf-16"))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_not_json_are_refused(word: str) -> None:
    assert malformed(b'{"budget": %s}' % word.encode()) == f"{word} is not JSON. Send a number, or null."


@pytest.mark.parametrize(
    "body", [b'{"title": 1, "x": 2, "title": 3}', b'{"plan_data": {"a": [{"title": 1, "title": 1}]}}']
)
def test_a_key_that_stands_twice_is_refused_at_any_depth(body: bytes) -> None:
    assert malformed(body) == 'The key "title" stands twice in one object. Send each key once.'


def test_keys_that_are_the_same_after_unescaping_stand_twice() -> None:
    assert 'The key "a" stands twice' in malformed(b'{"a": 1, "\\u0061": 2}')


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800", r"\udc00", r"\ud800\ud800", r"\udc00\ud800", r"x\uDBFF"])
@pytest.mark.parametrize("body", ['{"title": "%s"}', '{"plan_data": {"a": ["%s"]}}', '{"%s": 1}'])
def test_text_that_no_database_can_keep_is_refused_in_values_and_keys(body: str, text: str) -> None:
    found = malformed((body % text).encode())
    assert "NUL" in found or "half a surrogate pair" in found


def test_the_field_with_such_text_is_named() -> None:
    assert malformed(b'{"title": "a\\u0000"}') == 'The field "title" holds a NUL character. Remove it.'


def test_whole_surrogate_pairs_and_escaped_backslashes_are_text() -> None:
    body = rb'{"title": "\ud83d\uddfe", "destination": "\\u0000"}'
    assert validation.decode(PlanIn, body).title == "🗾"
    assert validation.decode(PlanIn, body).destination == r"\u0000"


def nested(depth: int) -> bytes:
    return b'{"plan_data": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize("depth", [64, 10_000, 500_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert malformed(nested(depth)) == "The JSON nests deeper than 64 levels. Flatten it."
    assert "deeper than 64" in malformed(b'{"plan_data":' * (depth + 1))
    assert "deeper than 64" in malformed(b"[" * (depth + 1))


def test_nesting_up_to_the_bound_is_read() -> None:
    assert validation.decode(PlanPatch, nested(63))


def test_brackets_in_text_do_not_nest() -> None:
    body = json.dumps(plan(description='["{' * 1000, plan_data={"a": [[]] * 200})).encode()
    assert validation.decode(PlanIn, body).description == '["{' * 1000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 65 + b'"' + b'\\"' * 500_000,
        b"[" * 65 + b'"' + b"\\" * 1_000_000,
        b"[" * 65 + b'"' * 1_000_001,
        b"{" + b",".join(b'"%06d":0' % number for number in range(90_000)) + b',"089999":1}',
        b'{"title": ' + b"1" * 1_000_000 + b"}",
        b'{"title": "' + b"\\u0041" * 160_000 + b'"}',
        b"[" + b"[]," * 340_000 + b"[]]",
    ],
    ids=["quotes", "backslashes", "strings", "keys", "digits", "escapes", "lists"],
)
def test_no_body_of_a_mebibyte_takes_long_to_refuse(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(InvalidInput):
        validation.decode(PlanIn, body)
    assert time.process_time() - began < 2


# --- secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ['"hunter2' + "x" * 1025 + '"', '["hunter2"]', '{"hunter2": 1}', '"hunter2\\u0000"', '"hunter2\\ud800"']
)
@pytest.mark.parametrize("kind", [LoginIn, SignupIn])
def test_a_password_is_never_shown(kind: Any, password: str) -> None:
    with pytest.raises(InvalidInput) as failed:
        validation.decode(kind, b'{"email": "ada@example.org", "password": %s}' % password.encode())
    assert "hunter2" not in str(failed.value)
    assert "password" in str(failed.value)


def test_a_numeric_password_is_not_shown_either() -> None:
    assert errors(LoginIn, {"email": "a", "password": 8675309}) == {"password": ["must be text."]}


# --- plain values ---------------------------------------------------------------------------------------------------


def test_text_values_are_converted() -> None:
    query = validation.convert(PlanQuery, {"from": "2027-04-01", "limit": "5", "trashed": "true"}, text=True)
    assert (query.from_.isoformat() if query.from_ else None, query.limit, query.trashed) == ("2027-04-01", 5, True)


def test_mistakes_in_text_values_are_all_told() -> None:
    values = {"from": "soon", "limit": "101", "status": "lost", "ordering": "budget", "page": "2"}
    with pytest.raises(ValidationFailed) as failed:
        validation.convert(PlanQuery, values, text=True)
    assert failed.value.errors.keys() == set(values)
    assert failed.value.errors["limit"] == ['must be at most 100, not "101".']
    assert failed.value.errors["from"] == ['must be a date like 2027-04-01, not "soon".']


@pytest.mark.parametrize("text", ["\0", "\udc80"])
@pytest.mark.parametrize("where", ["title", "tags"])
def test_plain_values_are_held_to_the_same_text(where: str, text: str) -> None:
    values = plan(tags=["x"]) | {where: [text] if where == "tags" else text}
    with pytest.raises(Malformed, match=f'The field "{where}" holds'):
        validation.convert(PlanIn, values)


# --- one line -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["京都　旅行", "👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "Voilà\u00a0!", "", "a b"])
def test_spaces_and_joiners_of_all_scripts_are_one_line(text: str) -> None:
    assert validation.is_one_line(text)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\t", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202egnp", "\u2066"])
def test_breaks_controls_and_turned_text_are_not_one_line(text: str) -> None:
    assert not validation.is_one_line(text)


def test_the_depth_is_that_of_the_json() -> None:
    assert jsontext.depth(b'{"a": [[1], "]]["]}', limit=3) == 3
    with pytest.raises(Malformed):
        jsontext.depth(b'{"a": [[1], "]]["]}', limit=2)
