"""Merge patches (RFC 7396): the values of the standard, and the exact text of what they do not name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.services.jsontext import check, merge

#: RFC 7396, appendix A.
APPENDIX = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "expected"), APPENDIX)
def test_the_examples_of_the_standard(target: str, patch: str, expected: str) -> None:
    assert merge(target.encode(), patch.encode()).decode() == expected


def reference(target: Any, patch: Any) -> Any:
    """MergePatch of RFC 7396, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    target = dict(target)
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = reference(target.get(name), value)
    return target


KEYS = st.sampled_from(["a", "b", "é", '"', "\\", ""])
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)
LAYOUTS = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])


@given(target=OBJECTS, patch=VALUES, layout=LAYOUTS)
def test_a_merge_is_that_of_the_reference_in_values_and_order(target: Any, patch: Any, layout: Any) -> None:
    merged = merge(json.dumps(target, **layout).encode(), json.dumps(patch).encode())
    found, expected = json.loads(merged), reference(target, patch)
    assert found == expected
    assert json.dumps(found) == json.dumps(expected), "also in the order of keys"
    check(merged, max_depth=1000)


NUMBERS = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:f}"),
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?\Z"),
)


@given(numbers=st.lists(NUMBERS, min_size=1, max_size=5), patch=st.dictionaries(st.sampled_from("xyz"), VALUES))
def test_numbers_that_a_patch_does_not_name_keep_their_exact_text(numbers: list[str], patch: Any) -> None:
    members = ",".join(f'"k{index}":{number}' for index, number in enumerate(numbers))
    target = f'{{{members},"deep":{{{members}}}}}'
    merged = merge(target.encode(), json.dumps(patch | {"deep": {"new": 1}}).encode()).decode()
    assert merged.startswith(f'{{{members},"deep":{{{members},"new":1}}')


def test_the_text_of_a_patch_is_kept_too() -> None:
    patch = b'{"n": 1.10e+5, "big": 123456789012345678901234567890, "o": {"z": 1.0, "a": [ 2.50 ]}}'
    assert merge(b"{}", patch) == (b'{"n":1.10e+5,"big":123456789012345678901234567890,"o":{"z":1.0,"a":[ 2.50 ]}}')
