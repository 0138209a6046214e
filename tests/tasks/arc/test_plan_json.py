"""Plans as JSON: round trips, and schema, parser and pattern of one mind."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import LONGEST, PATTERN, SCHEMA, STRATEGIES, parse_plan, plan_from_json, plan_text

TEXT = (
    '{"data_generation":{"use_basic_augmentations":true,"use_size_augmentations":false,'
    '"use_chain_augmentations":false,"use_repeat_augmentations":true},'
    '"training":{"strategy":"train_using_all_tokens","learning_rate":0.0005,"num_train_epochs":3}}'
)
PLAN = Plan(basic=True, repeat=True, trained_on="everything", learning_rate=5e-4, epochs=3)
SWITCHES = "use_basic_augmentations use_size_augmentations use_chain_augmentations use_repeat_augmentations".split()
RATE = "a number of at least 1e-06 and below 0.01"
EPOCHS = "a whole number from 1 to 99"

plans = st.builds(
    Plan,
    *[st.booleans()] * 4,
    trained_on=st.sampled_from(["everything", "last_output"]),
    learning_rate=st.floats(1e-6, 1e-2, exclude_max=True),
    epochs=st.integers(1, 99),
)
odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 101),
    st.sampled_from([10**30, -(10**400), 10**400]),
    st.floats(0, 0.02),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2.0, 99.0, 1e-6, 1e-2, *STRATEGIES]),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
)


def _is_valid(value: object) -> bool:
    jsonschema = pytest.importorskip("jsonschema")
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(value))


def _parses(value: object) -> bool:
    try:
        plan_from_json(value)
    except ValueError:
        return False
    return True


def test_layout() -> None:
    assert plan_text(PLAN) == TEXT
    assert parse_plan(TEXT) == PLAN
    assert parse_plan(json.dumps(json.loads(TEXT), indent=2, sort_keys=True)) == PLAN


@given(plans)
@example(Plan(learning_rate=1e-6))
def test_round_trip(plan: Plan) -> None:
    text = plan_text(plan)
    assert parse_plan(text) == plan
    assert plan_text(parse_plan(text)) == text
    assert _is_valid(json.loads(text))


@given(st.from_regex(PATTERN, fullmatch=True))
def test_what_constrained_decoding_can_write_parses(text: str) -> None:
    plan = parse_plan(text)
    assert _is_valid(json.loads(text))
    assert len(text) <= LONGEST
    assert re.fullmatch(PATTERN, plan_text(plan))


@given(plans.map(lambda plan: float(f"{plan.learning_rate:.1e}")).filter(lambda rate: rate < 0.01), st.integers(1, 99))
def test_a_plan_with_a_short_rate_can_be_written(rate: float, epochs: int) -> None:
    assert re.fullmatch(PATTERN, plan_text(Plan(learning_rate=rate, epochs=epochs)))


def test_the_longest_text_is_as_long_as_said() -> None:
    switches = ",".join(f'"{name}":false' for name in SWITCHES)
    training = '"strategy":"train_using_output_tokens","learning_rate":0.0000099,"num_train_epochs":99'
    text = f'{{"data_generation":{{{switches}}},"training":{{{training}}}}}'
    assert re.fullmatch(PATTERN, text)
    assert len(text) == LONGEST


@given(plans, st.data())
def test_schema_and_parser_agree(plan: Plan, data: st.DataObject) -> None:
    value = json.loads(plan_text(plan))
    part = data.draw(st.sampled_from([value, *value.values()]))
    match data.draw(st.sampled_from(["drop", "add", "change"])):
        case "drop":
            del part[data.draw(st.sampled_from(sorted(part)))]
        case "add":
            part[data.draw(st.text(max_size=5))] = True
        case "change":
            part[data.draw(st.sampled_from(sorted(part)))] = data.draw(odd_values)
    assert _parses(value) == _is_valid(value)


@given(odd_values)
def test_what_is_no_object_is_refused_by_both(value: object) -> None:
    assert not _parses(value)
    assert not _is_valid(value)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    plan = parse_plan(TEXT.replace(":3}", ":3.0}"))
    assert plan == PLAN
    assert type(plan.epochs) is int


@pytest.mark.parametrize("key", SWITCHES)
@pytest.mark.parametrize("wrong", [1, "true", None])
def test_a_wrong_switch(key: str, wrong: object) -> None:
    _refused(("data_generation", key, wrong), f'"data_generation.{key}" is {json.dumps(wrong)}; make it true or false')


@pytest.mark.parametrize(
    ("key", "wrong", "wanted"),
    [
        ("strategy", "all", '"train_using_all_tokens" or "train_using_output_tokens"'),
        ("strategy", None, '"train_using_all_tokens" or "train_using_output_tokens"'),
        *[("learning_rate", wrong, RATE) for wrong in (0, 0.01, 1e-7, "1e-4", True, 1)],
        *[("num_train_epochs", wrong, EPOCHS) for wrong in (0, 100, 1.5, "2", True)],
    ],
)
def test_a_wrong_value(key: str, wrong: object, wanted: str) -> None:
    _refused(("training", key, wrong), f'"training.{key}" is {json.dumps(wrong)}; make it {wanted}')


@pytest.mark.parametrize("part", ["data_generation", "training"])
def test_a_wrong_part(part: str) -> None:
    keys = ", ".join(json.dumps(key) for key in json.loads(TEXT)[part])
    _refused((part, None, [1]), f'"{part}" is [1]; make it an object with {keys}')


@pytest.mark.parametrize(
    ("part", "key"),
    [("data_generation", key) for key in SWITCHES]
    + [("training", key) for key in ("strategy", "learning_rate", "num_train_epochs")],
)
def test_a_missing_key(part: str, key: str) -> None:
    value = json.loads(TEXT)
    del value[part][key]
    _says(value, f'the key "{part}.{key}" is missing')
    del value[part]
    _says(value, f'the key "{part}" is missing')


def test_an_unknown_key() -> None:
    value = json.loads(TEXT)
    _says(value | {"why\n": 1}, 'the key "why\\n" is unknown; use "data_generation", "training"')
    value["training"]["epochs"] = 2
    listed = '"strategy", "learning_rate", "num_train_epochs"'
    _says(value, f'the key "training.epochs" is unknown; use {listed}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", 'plan: it is []; make it an object with "data_generation", "training"'),
        ('"' + "x" * 50 + '"', f'plan: it is "{"x" * 38}…; make it an object with "data_generation", "training"'),
        ("I choose", "plan:1:1: not JSON (Expecting value)"),
        (TEXT + "\nso", "plan:2:1: not JSON (Extra data)"),
        ('{"training":1,"training":2}', 'plan:1:15: the key "training" stands twice in one object'),
        (TEXT.replace(":3}", ":" + "9" * 5000 + "}"), "plan:1:238: the number is too large"),
    ],
)
def test_what_is_no_plan(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_plan(text)
    assert str(caught.value) == message


def _refused(change: tuple[str, str | None, Any], message: str) -> None:
    part, key, wrong = change
    value = copy.deepcopy(json.loads(TEXT))
    if key is None:
        value[part] = wrong
    else:
        value[part][key] = wrong
    _says(value, message)


def _says(value: object, message: str) -> None:
    assert not _is_valid(value)
    with pytest.raises(ValueError) as caught:
        parse_plan(json.dumps(value))
    assert str(caught.value) == f"plan: {message}"
