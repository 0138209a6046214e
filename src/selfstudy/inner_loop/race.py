"""A race between sibling self-edits: all start on a small budget, the better half goes on (successive halving).

Siblings share seed, initialisation, data order and quiz, so a difference between them is a difference between edits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from selfstudy.domain.identity import content_hash, derive_seed
from selfstudy.domain.journal import Journal, Unrecorded
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome, Standing
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.inner_loop.trial import Entry, run_cohort


def race(
    engine: EngineContract,
    form: PromptForm,
    candidates: Mapping[str, Sequence[SelfEdit]],
    quizzes: Mapping[str, Quiz],
    recipe: UpdateRecipe,
    *,
    budgets: Sequence[int] = (64, 192),
    seed: int = 0,
    journal: Journal | None = None,
) -> dict[str, list[Standing]]:
    """Standings of each passage's candidates, best first.

    `budgets` are the rows trained at each rung; after each rung but the last the better half of a passage's candidates
    stays. Candidates that dropped out keep the outcome they had and stand behind those that went on. What each rung
    measured, its cohort, is recorded in `journal` as a whole.
    """
    journal = journal or Unrecorded()
    base = {passage: _base(engine, form, quizzes[passage], journal) for passage in candidates}
    standings = {p: [Standing(edit, ()) for edit in edits] for p, edits in candidates.items()}
    alive = {p: list(range(len(edits))) for p, edits in candidates.items()}
    for rung, budget in enumerate(budgets):
        places = [(p, i) for p in candidates for i in alive[p]]
        entries = [
            Entry(standings[p][i].edit, quizzes[p], base[p], derive_seed(seed, rung, p, 0, "trial")) for p, i in places
        ]
        outcomes = journal.once(
            "cohort", _cohort_key(engine, entries, recipe, budget), tuple[Outcome, ...],
            partial(run_cohort, engine, form, entries, recipe, budget),
        )  # fmt: skip
        for (p, i), outcome in zip(places, outcomes, strict=True):
            standings[p][i] = Standing(standings[p][i].edit, (*standings[p][i].outcomes, outcome))
        if rung + 1 < len(budgets):
            for p, still in alive.items():
                still.sort(key=lambda i, p=p: -standings[p][i].value)  # type: ignore[misc]
                del still[max(1, (len(still) + 1) // 2) :]
    return {p: sorted(s, key=lambda standing: (-len(standing.outcomes), -standing.value)) for p, s in standings.items()}


def _base(engine: EngineContract, form: PromptForm, quiz: Quiz, journal: Journal) -> tuple[float, ...]:
    key = content_hash("base", engine.identity, engine.arithmetic, *(repr(q) for q in quiz))
    asked = [(q, ()) for q in quiz]
    return journal.once("base", key, tuple[float, ...], lambda: tuple(answer_likelihoods(engine, form, asked)))


def _cohort_key(engine: EngineContract, entries: Sequence[Entry], recipe: UpdateRecipe, budget: int) -> str:
    """Over all entries: who trains together shares matrix shapes, and with them rounding."""
    about = [f"{e.edit.identity}\x1f{e.quiz!r}\x1f{e.base!r}\x1f{e.seed}" for e in entries]
    return content_hash("cohort", engine.identity, engine.arithmetic, repr(recipe), str(budget), *about)
