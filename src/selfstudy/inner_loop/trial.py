"""Trials: train candidates' adapters in one cohort, then score each on its passage's quiz against the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome
from selfstudy.engine.contract import EngineContract, TrainJob
from selfstudy.inner_loop.ask import answer_likelihoods


@dataclass(frozen=True)
class Entry:
    """A candidate self-edit, the quiz of its passage, the base's likelihoods on that quiz, and the shared seed."""

    edit: SelfEdit
    quiz: Quiz
    base: tuple[float, ...]
    seed: int


def run_cohort(
    engine: EngineContract, form: PromptForm, entries: Sequence[Entry], recipe: UpdateRecipe, budget: int
) -> tuple[Outcome, ...]:
    """One outcome an entry, in order. `budget` is the number of rows each adapter is trained on, repeats counted, so
    that siblings are compared at equal cost; a self-edit with directives, which may ask for another, fails."""
    jobs, trained = [], []
    for number, entry in enumerate(entries):
        rows = tuple(form.encode(row) for row in entry.edit.rows)
        if rows and not entry.edit.directives:
            per_epoch = -(-len(rows) // recipe.rows_per_step)
            steps = -(-budget // recipe.rows_per_step)
            epochs = -(-steps // per_epoch)
            jobs.append(TrainJob(rows, replace(recipe, epochs=epochs, max_steps=steps), entry.seed))
            trained.append(number)
    outcomes = [Outcome((), 0, 0, _unfit(entry.edit)) for entry in entries]
    asked, owners = [], []
    for number, result in zip(trained, engine.train(jobs), strict=True):
        outcomes[number] = Outcome((), result.trained_tokens, len(result.losses), f"engine: {result.failure}")
        if result.adapter is not None:
            outcomes[number] = replace(outcomes[number], failure="quiz: it has no questions")
            asked += [(question, (result.adapter,)) for question in entries[number].quiz]
            owners += [number] * len(entries[number].quiz)
    gains: dict[int, list[float]] = {}
    for number, likelihood in zip(owners, answer_likelihoods(engine, form, asked), strict=True):
        place = gains.setdefault(number, [])
        place.append(likelihood - entries[number].base[len(place)])
    for number, found in gains.items():
        outcomes[number] = replace(outcomes[number], gains=tuple(found), failure=None)
    return tuple(outcomes)


def _unfit(edit: SelfEdit) -> str:
    """Why a self-edit that was not trained on was not."""
    if edit.impossible is not None:
        return edit.impossible
    if edit.directives:
        return f"directives: a race trains all alike, not by {edit.directives.text!r}"
    return "self-edit: no rows were left after the filters"
