"""Values survive the record: property tests over the domain's dataclasses."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.directives import HIGHEST_RATE, LOWEST_RATE, MOST_EPOCHS, UPDATE_RULES, Directives
from selfstudy.domain.measured import Measured
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome, Standing
from selfstudy.domain.version import Version
from selfstudy.store.codec import decode, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@dataclass(frozen=True)
class HeldOut:
    """Of the form of `quizzes.held_out.HeldOutQuiz`, with what the others do not have."""

    reward: Quiz
    report: Quiz = ()
    weights: tuple[tuple[str, float], ...] = ()
    words: frozenset[str] = frozenset()
    by_number: dict[int, float] | None = None


def same(shape: type, value: object) -> None:
    # By text, since NaN equals nothing; every dataclass here prints all it holds.
    back = decode(shape, encode(shape, value))
    if isinstance(value, HeldOut):
        assert back.words == value.words
        back, value = (HeldOut(v.reward, v.report, v.weights, frozenset(), v.by_number) for v in (back, value))
    assert repr(back) == repr(value)
    assert encode(shape, back) == encode(shape, value)


DIRECTIVES = st.builds(
    Directives, st.none() | st.floats(LOWEST_RATE, HIGHEST_RATE), st.none() | st.integers(1, MOST_EPOCHS),
    st.sampled_from([None, *UPDATE_RULES]),
)  # fmt: skip


@given(st.builds(SelfEdit, directives=DIRECTIVES))
def test_self_edits(edit: SelfEdit) -> None:
    same(SelfEdit, edit)


@given(st.from_type(Outcome))
def test_outcomes(outcome: Outcome) -> None:
    same(Outcome, outcome)


@given(st.builds(Version, settings=st.dictionaries(st.text(), JSON, max_size=3)))
def test_versions(version: Version) -> None:
    same(Version, version)


@given(st.from_type(HeldOut))
def test_quizzes_sets_and_keys_that_are_numbers(quiz: HeldOut) -> None:
    same(HeldOut, quiz)


@given(st.lists(st.floats()).map(tuple))
def test_floats_to_the_last_bit(numbers: tuple[float, ...]) -> None:
    same(tuple[float, ...], numbers)


def test_shapes_without_a_dataclass_on_top() -> None:
    standings = {"p": (Standing(SelfEdit("p", "raw", (Row.plain("x"),)), (Outcome((math.nan, -math.inf), 3, 1),)),)}
    same(dict[str, tuple[Standing, ...]], standings)
    same(float, math.inf)
    same(str, "a\x00b\U0001f600")
    same(type(None), None)


@pytest.mark.parametrize("kind", [MappingProxyType, ChainMap, dict])
def test_mappings_of_any_kind_come_back_equal(
    kind: Callable[[dict[str, tuple[float, ...]]], Mapping[str, tuple[float, ...]]],
) -> None:
    measured = Measured(kind({"gain": (1e-3, math.inf)}))
    assert decode(Measured, encode(Measured, measured)) == measured


def test_the_text_of_a_set_is_the_same_in_every_process() -> None:
    assert encode(frozenset[str], frozenset("dcbagfe")) == '[["a","b","c","d","e","f","g"]]'


def test_an_integer_may_stand_for_a_float() -> None:
    assert decode(Outcome, encode(Outcome, Outcome((1, 2), 3, 4))) == Outcome((1.0, 2.0), 3, 4)


def test_a_field_with_a_default_may_be_missing() -> None:
    assert decode(Outcome, '[{"gains":[0.5],"trained_tokens":1,"steps":1}]') == Outcome((0.5,), 1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"gains":["1"],"trained_tokens":1,"steps":1}]', "gains.0: Input should be a valid number"),
        ('[{"gains":[],"steps":1}]', "trained_tokens: Field required"),
        ('[{"gains":[],"trained_tokens":1,"steps":1,"old":2}]', "old: Unexpected keyword argument"),
        ("[7]", "Input should be an object"),
    ],
)
def test_another_shape_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(Outcome, text)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [{"\ud800": "x"}, {"x": "\udfff"}])
def test_half_characters_are_refused(value: dict[str, str]) -> None:
    with pytest.raises(ValueError) as caught:
        encode(dict[str, str], value)
    assert str(caught.value) == (
        "a text in it holds half a character (a lone surrogate), which is not Unicode; replace or remove it"
    )


def test_what_has_no_json_form_is_refused() -> None:
    for value in (object(), {"a": [object()]}):
        with pytest.raises(ValueError) as caught:
            encode(object, value)
        assert str(caught.value) == "what is of type object has no JSON form"
