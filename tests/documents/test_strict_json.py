"""JSON that all readers understand alike."""

from __future__ import annotations

import json
from json import JSONDecodeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.documents.strict_json import DEEPEST, loads

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_json_writes_is_read_alike(value: object, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(st.text(st.sampled_from('{}[]":,\\u0a8d1e.-NI \n')) | st.text())
def test_of_any_text_it_says_what_json_says_or_refuses_it_by_place(text: str) -> None:
    try:
        value, refused = loads(text), ""
    except JSONDecodeError as error:
        value, refused = None, error.msg
    if not refused:
        assert value == json.loads(text)
    elif refused.startswith("not JSON") and "number of JSON" not in refused:
        with pytest.raises(JSONDecodeError):
            json.loads(text)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "not JSON (Expecting value)"),
        ('{"a": 1} 2', 10, "not JSON (Extra data)"),
        ('"a', 1, "not JSON (Unterminated string starting at)"),
        ('{"a: NaN}', 2, "not JSON (Unterminated string starting at)"),
        ("[-Infinity]", 2, "not JSON (-Infinity is no number of JSON's)"),
        ("[1, -1e999]", 5, "the number is too large"),
        (f"[{'9' * 5000}]", 2, "the number is too large"),
        ('{"a": {"b": 1}, "\\u0061": 2}', 17, 'the key "\\u0061" stands twice in one object'),
        ('{"a\\n": 1, "a\\n": 2}', 12, 'the key "a\\n" stands twice in one object'),
        ('{"a": 1, : 2}', 10, "not JSON (Expecting property name enclosed in double quotes)"),
        ('["\\ud83d\\ude00", "\\ud83d"]', 18, "half of a surrogate pair, which is no character"),
        ('{"\\udc00": 1}', 2, "half of a surrogate pair, which is no character"),
        ("[" * (DEEPEST + 1), 101, "nested more than 100 levels deep"),
        ('{"a":' * 200_000, 501, "nested more than 100 levels deep"),
    ],
)
def test_what_is_refused(text: str, column: int, message: str) -> None:
    with pytest.raises(JSONDecodeError) as caught:
        loads(text)
    assert (caught.value.colno, caught.value.msg) == (column, message)


def test_what_only_looks_so_is_read() -> None:
    nested = "[" * DEEPEST + "]" * DEEPEST
    assert loads(nested) == json.loads(nested)
    for value in (["NaN", '{"a": 1, "a": 2}', "[" * 500, "\\"], [{"a": 1}, {"a": 2}], {"a": {"a": "a"}}, "\U0001f600"):
        assert loads(json.dumps(value)) == value


def test_a_long_string_is_no_trouble() -> None:
    assert loads(json.dumps('a\\"é' * 10**6)) == 'a\\"é' * 10**6
