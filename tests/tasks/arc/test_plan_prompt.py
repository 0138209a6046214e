"""The request for a plan: it shows the examples, never the queries, and names what the parser takes."""

from __future__ import annotations

import json
import re

from selfstudy.tasks.arc.plan_json import STRATEGIES, parse_plan
from selfstudy.tasks.arc.plan_prompt import plan_prompt
from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query
from tests.tasks.arc.strategies import grid

PUZZLE = Puzzle(
    "made",
    (Example(grid("12"), grid("21")), Example(grid("3", "4"), grid("4", "3"))),
    (Query(grid("777"), grid("888")),),
)


def test_examples_come_first_and_queries_are_not_shown() -> None:
    system, user = plan_prompt(PUZZLE)
    assert (system.role, user.role, system.trained, user.trained) == ("system", "user", False, False)
    assert user.text.startswith(
        "Example 1\nInput:\n1 2\nOutput:\n2 1\n\nExample 2\nInput:\n3\n4\nOutput:\n4\n3\n\nEach output grid above"
    )
    assert not re.search("7 7|8 8", user.text)
    assert plan_prompt(PUZZLE, between="")[1].text.startswith("Example 1\nInput:\n12\n")


def test_the_form_that_is_asked_for_parses_once_filled_in() -> None:
    request = plan_prompt(PUZZLE)[1].text
    form = request.splitlines()[-1]
    filled = form.replace('augmentations":...', 'augmentations":true')
    filled = filled.replace('"strategy":...', '"strategy":"train_using_all_tokens"').replace('rate":...', 'rate":2e-4')
    assert parse_plan(filled.replace('epochs":...', 'epochs":5')).learning_rate == 2e-4
    assert all(json.dumps(name) in request for name in STRATEGIES)
    assert "at least 1e-06 and below 0.01" in request
    assert "a whole number from 1 to 99" in request
    for key in re.findall(r'"(\w+)":', form):
        assert f'"{key}":' in request.replace(form, "")
