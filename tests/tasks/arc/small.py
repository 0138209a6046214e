"""A tiny random engine, and puzzles that it can learn by heart."""

from __future__ import annotations

from functools import cache

from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.engine.engine import Engine
from selfstudy.models.chat import ChatForm
from selfstudy.models.tiny import tiny_model
from selfstudy.tasks.arc.adapt import AdaptSettings
from selfstudy.tasks.arc.answer import AnswerSettings
from selfstudy.tasks.arc.grid_tokens import GridForm, grid_form
from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query
from tests.tasks.arc.strategies import grid

RECIPE = UpdateRecipe(rank=8, alpha=32, targets=ALL_LINEAR, rows_per_step=2)
ADAPTING = AdaptSettings(RECIPE, budget=20_000, outputs="last_output")
ANSWERING = AnswerSettings(num_views=3)


@cache
def engine() -> tuple[Engine, ChatForm, GridForm]:
    loaded = tiny_model(5, system=None)
    return Engine(loaded.model, loaded.identity), loaded.chat, grid_form(loaded.chat)


def constant(id: str, colour: int) -> Puzzle:
    """Whatever the input, the output is one row of two cells of `colour`."""
    inputs, output = (grid("12"), grid("34"), grid("56")), grid(f"{colour}{colour}")
    return Puzzle(id, tuple(Example(each, output) for each in inputs), (Query(grid("78"), output),))


SEVENS, FOURS = constant("sevens", 7), constant("fours", 4)
LONELY = Puzzle("lonely", (Example(grid("1"), grid("2")),), (Query(grid("3")),))
"""One example: nothing can be left out of it to train on."""
