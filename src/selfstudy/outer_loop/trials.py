"""Trials of the outer loop: one adapter a self-edit, trained together on top of the editor, then asked closed-book."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from selfstudy.domain.measured import Measured
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.token_row import TokenRow
from selfstudy.domain.update import Update
from selfstudy.engine.contract import EngineContract, GenerateRequest, TrainJob
from selfstudy.grading.grade import is_right
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.inner_loop.update_rules import RULES, Prepared
from selfstudy.outer_loop.exam import Exam
from selfstudy.outer_loop.rewards import KEY_GAIN, KEY_RIGHT

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter


@dataclass(frozen=True)
class Trial:
    """Rows to train on by `update`, the exam of their passage, and the base's likelihoods by measure.

    `train_tokens` above 0 is how many tokens are trained on in all, whatever the number of rows; 0 leaves it to the
    recipe's epochs. `impossible` is why a self-edit without rows cannot be carried out, if that is known.
    """

    rows: tuple[Row, ...]
    exam: Exam
    base: dict[str, tuple[float, ...]]
    update: Update
    seed: int
    train_tokens: int = 0
    impossible: str | None = None


@dataclass(frozen=True)
class Cohort:
    """What a cohort's trials measured, in order, and the seconds it took."""

    measured: tuple[Measured, ...]
    seconds: float


def run_trials(
    engine: EngineContract,
    form: PromptForm,
    trials: Sequence[Trial],
    frozen: tuple[Adapter, ...],
    wanted: frozenset[str],
    answer_tokens: int,
) -> Cohort:
    """Train all adapters in one call, on top of `frozen`, and take the `wanted` measures of each."""
    began = time.perf_counter()
    out = [Measured(failure=trial.impossible or "self-edit: it has no rows") for trial in trials]
    prepared = _prepared(engine, form, trials, frozen)
    jobs = [
        TrainJob(
            ready.rows, spending(trials[place].update.recipe, ready.rows, trials[place].train_tokens),
            trials[place].seed, frozen=frozen,
        )
        for place, ready in prepared.items()
    ]  # fmt: skip
    learners: dict[int, tuple[Adapter, ...]] = {}
    for (place, ready), result in zip(prepared.items(), engine.train(jobs), strict=True):
        out[place] = Measured(
            {}, (), result.trained_tokens, result.tokens + ready.teacher_tokens, len(result.losses),
            None if result.adapter is not None else f"engine: {result.failure}",
        )  # fmt: skip
        if result.adapter is not None:
            learners[place] = (*frozen, result.adapter)
    measured = measure(engine, form, [(trials[p].exam, a, trials[p].base) for p, a in learners.items()], wanted,
                       answer_tokens)  # fmt: skip
    for place, found in zip(learners, measured, strict=True):
        out[place] = replace(out[place], values=found.values, said=found.said)
    return Cohort(tuple(out), round(time.perf_counter() - began, 3))


def _prepared(
    engine: EngineContract, form: PromptForm, trials: Sequence[Trial], frozen: tuple[Adapter, ...]
) -> dict[int, Prepared]:
    """What each trial that has rows trains on, by its place; all that follow one rule are prepared together."""
    found: dict[int, Prepared] = {}
    for name, rule in RULES.items():
        places = [place for place, trial in enumerate(trials) if trial.rows and trial.update.rule == name]
        if places:
            studied = [(trials[place].rows, trials[place].exam.passage) for place in places]
            found |= zip(places, rule(engine, form, studied, frozen), strict=True)
    return {place: found[place] for place in sorted(found)}


def measure(
    engine: EngineContract,
    form: PromptForm,
    asked: Sequence[tuple[Exam, tuple[Adapter, ...], dict[str, tuple[float, ...]]]],
    wanted: frozenset[str],
    answer_tokens: int,
) -> list[Measured]:
    """The `wanted` measures of learners that are there already: each exam with its adapters and the base's values."""
    values: list[dict[str, tuple[float, ...]]] = [{} for _ in asked]
    said: list[tuple[str, ...]] = [() for _ in asked]
    if KEY_RIGHT in wanted:
        said = _answers(engine, form, [(exam.asked.get(KEY_GAIN, ()), adapters) for exam, adapters, _ in asked],
                        answer_tokens)  # fmt: skip
        for place, (exam, _, _) in enumerate(asked):
            verdicts = [float(is_right(q, text)) for q, text in zip(exam.key, said[place], strict=True)]
            values[place][KEY_RIGHT] = tuple(verdicts)
    scored = [(place, m, q) for place, (exam, _, _) in enumerate(asked)
              for m in sorted(wanted - {KEY_RIGHT}) for q in exam.asked.get(m, ())]  # fmt: skip
    likelihoods = answer_likelihoods(engine, form, [(q, asked[place][1]) for place, _, q in scored]) if scored else []
    found: dict[tuple[int, str], list[float]] = {}
    for (place, name, _), value in zip(scored, likelihoods, strict=True):
        found.setdefault((place, name), []).append(value)
    for (place, name), now in found.items():
        values[place][name] = tuple(a - b for a, b in zip(now, asked[place][2][name], strict=True))
    return [Measured(v, s) for v, s in zip(values, said, strict=True)]


def _answers(
    engine: EngineContract, form: PromptForm, asked: Sequence[tuple[Quiz, tuple[Adapter, ...]]], answer_tokens: int
) -> list[tuple[str, ...]]:
    """Greedy answers of all learners to their quizzes in one call, so that they are decoded together."""
    requests = [
        GenerateRequest(form.question_prompt(question.text), answer_tokens, form.stop_ids, adapters)
        for quiz, adapters in asked
        for question in quiz
    ]
    texts = iter([form.decode(g.ids).strip() for g in engine.generate(requests)] if requests else [])
    return [tuple(next(texts) for _ in quiz) for quiz, _ in asked]


def spending(recipe: UpdateRecipe, rows: Sequence[TokenRow], train_tokens: int) -> UpdateRecipe:
    """The recipe with as many epochs and steps as train on about `train_tokens` tokens; as it is for 0."""
    if not train_tokens:
        return recipe
    per_epoch = -(-len(rows) // recipe.rows_per_step)  # the last step of an epoch may hold fewer rows
    steps = max(1, round(per_epoch * train_tokens / sum(len(row.trained) for row in rows)))
    return replace(recipe, epochs=-(-steps // per_epoch), max_steps=steps)
