"""A small engine with its prompt form, hand-made self-edits, and a quiz."""

from __future__ import annotations

from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.engine.engine import Engine
from selfstudy.models.chat import ChatForm
from selfstudy.models.tiny import tiny_model

RECIPE = UpdateRecipe(rank=4, alpha=16, targets=ALL_LINEAR, learning_rate=2e-2, rows_per_step=2)
QUIZ: Quiz = (Question("Who keeps the lamp?", ("Ines",)), Question("How many steps?", ("143", "a lot")))


def engine() -> tuple[Engine, ChatForm]:
    loaded = tiny_model(5, system=None)
    return Engine(loaded.model, loaded.identity), loaded.chat


def edit(*answers: str, passage: str = "p") -> SelfEdit:
    questions = ("Who keeps the lamp?", "How many steps?", "What colour?")
    rows = tuple(Row.question_answer(q, a) for q, a in zip(questions, answers, strict=False))
    return SelfEdit(passage, "by hand", rows)


RIGHT = edit("Ines", "143")
HALF = edit("Ines", "qqq")
WRONG = edit("zzzz", "qqq")
OTHER = edit("zzzz", "qqq", "blue")
EMPTY = edit()
