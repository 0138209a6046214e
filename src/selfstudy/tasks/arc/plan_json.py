"""A plan as JSON: keys, order and values of the paper's self-edit (appendix A), in one table.

Schema, parser and the pattern that constrained decoding follows are read off that table. Whatever matches the pattern
parses; the parser takes more: white space, any order of keys, any spelling of a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any

from selfstudy.documents.strict_json import loads
from selfstudy.tasks.arc.plan import LOWEST_RATE, MOST_EPOCHS, TOO_HIGH_RATE, Plan, Strategy

STRATEGIES: Mapping[str, Strategy] = {
    "train_using_all_tokens": "everything",
    "train_using_output_tokens": "last_output",
}


@dataclass(frozen=True)
class _Value:
    """What may stand at a key: as a schema, as a pattern with the longest text it matches, as a check, in words."""

    schema: Mapping[str, object]
    pattern: str
    longest: str
    allows: Callable[[Any], bool]
    words: str


_SWITCH = _Value({"type": "boolean"}, "(true|false)", "false", lambda value: isinstance(value, bool), "true or false")
_STRATEGY = _Value(
    {"enum": list(STRATEGIES)},
    f'"({"|".join(STRATEGIES)})"',
    f'"{max(STRATEGIES, key=len)}"',
    lambda value: isinstance(value, str) and value in STRATEGIES,
    " or ".join(map(json.dumps, STRATEGIES)),
)
# One or two digits that count, with an exponent or without: a finite language, so that decoding it ends.
_RATE = _Value(
    {"type": "number", "minimum": LOWEST_RATE, "exclusiveMaximum": TOO_HIGH_RATE},
    r"([1-9](\.[0-9])?e-0?[3-6]|0\.0{2,5}[1-9][0-9]?)",
    "0.0000099",
    lambda value: type(value) in (int, float) and LOWEST_RATE <= value < TOO_HIGH_RATE,
    f"a number of at least {LOWEST_RATE:g} and below {TOO_HIGH_RATE:g}",
)
# In JSON, and by its schema, 2.0 is a whole number.
_EPOCHS = _Value(
    {"type": "integer", "minimum": 1, "maximum": MOST_EPOCHS},
    "[1-9][0-9]?",
    str(MOST_EPOCHS),
    lambda value: type(value) in (int, float) and 1 <= value <= MOST_EPOCHS and value == int(value),
    f"a whole number from 1 to {MOST_EPOCHS}",
)
_GROUPS = ("basic", "size", "chain", "repeat")
_LAYOUT: Mapping[str, Mapping[str, _Value]] = {
    "data_generation": {f"use_{group}_augmentations": _SWITCH for group in _GROUPS},
    "training": {"strategy": _STRATEGY, "learning_rate": _RATE, "num_train_epochs": _EPOCHS},
}


def parse_plan(text: str) -> Plan:
    """The plan of a JSON text.

    Raises:
        ValueError: one line that names the key, or `plan:line:column: reason` of what is no JSON.
    """
    try:
        value = loads(text)
    except JSONDecodeError as error:
        raise ValueError(f"plan:{error.lineno}:{error.colno}: {error.msg}") from error
    return plan_from_json(value)


def plan_from_json(value: object) -> Plan:
    """The plan of a parsed text. Raises ValueError that names the key."""
    checked: dict[str, Any] = {}
    for part, item in _items("", value, _LAYOUT).items():
        values = _LAYOUT[part]
        for key, found in _items(part, item, values).items():
            if not values[key].allows(found):
                raise ValueError(f'plan: "{part}.{key}" is {_shown(found)}; make it {values[key].words}')
            checked[key] = found
    return Plan(
        **{group: checked[f"use_{group}_augmentations"] for group in _GROUPS},
        trained_on=STRATEGIES[checked["strategy"]],
        learning_rate=float(checked["learning_rate"]),
        epochs=int(checked["num_train_epochs"]),
    )


def plan_text(plan: Plan) -> str:
    """The canonical JSON text: one line, no white space."""
    strategy = next(name for name, trained_on in STRATEGIES.items() if trained_on == plan.trained_on)
    switches = {f"use_{group}_augmentations": getattr(plan, group) for group in _GROUPS}
    training = {"strategy": strategy, "learning_rate": plan.learning_rate, "num_train_epochs": plan.epochs}
    return json.dumps({"data_generation": switches, "training": training}, separators=(",", ":"))


def _text(spelled: Callable[[_Value], str], brackets: tuple[str, str] = ("{", "}")) -> str:
    def written(entries: Mapping[str, str]) -> str:
        return ",".join(f'"{key}":{text}' for key, text in entries.items()).join(brackets)

    return written({part: written({k: spelled(v) for k, v in values.items()}) for part, values in _LAYOUT.items()})


def _schema(properties: Mapping[str, object]) -> dict[str, object]:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SCHEMA = _schema({part: _schema({k: dict(v.schema) for k, v in values.items()}) for part, values in _LAYOUT.items()})
"""JSON Schema of what the parser takes."""
PATTERN = _text(lambda value: value.pattern, (r"\{", r"\}"))
"""A regular expression: what a constrained model may write; of `plan_text`'s texts those with a rate of two digits."""
LONGEST = len(_text(lambda value: value.longest))
"""Characters of the longest text that matches `PATTERN`."""


def _items(place: str, value: object, known: Mapping[str, object]) -> Mapping[str, object]:
    where = f'"{place}"' if place else "it"
    if not isinstance(value, dict):
        raise ValueError(f"plan: {where} is {_shown(value)}; make it an object with {_listed(known)}")
    for key in [*value, *known]:
        name = f"{place}.{key[:40]}" if place else key[:40]
        if key not in known:
            raise ValueError(f"plan: the key {json.dumps(name)} is unknown; use {_listed(known)}")
        if key not in value:
            raise ValueError(f'plan: the key "{name}" is missing')
    return value


def _listed(keys: Mapping[str, object]) -> str:
    return ", ".join(map(json.dumps, keys))


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
