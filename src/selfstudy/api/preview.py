"""`Study.preview`: what a learning job would train on, and what it would cost, without doing it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from selfstudy.api.learning import study_settings
from selfstudy.build import Workshop
from selfstudy.domain.document import Document
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.row import Row
from selfstudy.engine.contract import TrainJob
from selfstudy.memory.notes import draw_quiz, quiz_rows, steered, write_candidates
from selfstudy.quizzes.answer_key import split_answer_key
from selfstudy.settings import Settings

TIMED_STEPS = 3


@dataclass(frozen=True)
class Preview:
    """Rows as they would be trained on, trained stretches between ⟦ and ⟧, and estimates of the cost.

    `rows` are those of all candidates: the race, which is not run, would leave out what gains nothing. `seconds` is of
    training alone, from a few steps that were timed; `trained_rows` counts repeats and general rows.
    """

    rows: tuple[str, ...]
    trained_rows: int
    tokens: int
    num_bytes: int
    seconds: float


def preview(
    shop: Workshop,
    settings: Settings,
    documents: Sequence[Document],
    user_quiz: Quiz,
    say: Callable[[str], None],
) -> Preview:
    """Write the candidates' notes and measure a few steps on them. `user_quiz` matters where it is the reward.

    Raises:
        ValueError: no note could be written.
    """
    engine, form, seed = shop.engine, shop.form, settings.seed
    study = study_settings(settings, engine.width)
    found: list[Row] = []
    passages = [p for d in documents for p in d.passages]
    answer_key = split_answer_key(user_quiz, passages)[0] if settings.reward == "answer-key" else {}
    for passage in passages:
        say(f"writing notes on {passage.document}: {passage.title}")
        quiz = steered(draw_quiz(passage, shop.scorer, study.quiz, seed), answer_key.get(passage.identity, ()))
        edits = write_candidates(passage, study.candidates, shop.writer(seed), shop.scorer, quiz.all)
        found += [row for edit in edits for row in edit.rows] + (quiz_rows(quiz.reward) if quiz.own else [])
    rows = list(dict.fromkeys(found))
    if not rows:
        raise ValueError("learn: no note could be written on these documents; they may hold no whole sentence")
    encoded = [form.encode(row) for row in rows]
    learn = study.learn
    trained = round(learn.epochs(len(rows)) * len(rows) / (1 - learn.general_share))
    recipe = learn.recipe_for(engine.layers)
    timed = tuple(
        (encoded * (1 + TIMED_STEPS * recipe.rows_per_step // len(encoded)))[: TIMED_STEPS * recipe.rows_per_step]
    )
    engine.train([TrainJob(timed[: recipe.rows_per_step], recipe, seed)])  # the first step of a process is slower
    begin = time.perf_counter()
    (result,) = engine.train([TrainJob(timed, recipe, seed)])
    per_row = (time.perf_counter() - begin) / len(timed)
    tokens = round(trained * sum(len(row.ids) for row in encoded) / len(encoded))
    values = sum(a.numel() + b.numel() for a, b in result.adapter.weights.values()) if result.adapter else 0
    states = sum(len(row.ids) for row in encoded) * engine.width * 4
    # Of each adapter value: itself, its gradient, two moments, its mean, and a copy and gradient to compute with.
    needed = engine.num_bytes + engine.packed_bytes + values * (5 * 4 + 2 * 4) + states
    return Preview(tuple(form.show(row) for row in encoded), trained, tokens, needed, round(trained * per_row, 1))
