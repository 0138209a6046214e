"""A race between sibling self-edits: all start on a small budget, the better half goes on (successive halving).

Siblings share seed, initialisation, data order and quiz, so a difference between them is a difference between edits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Standing
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
) -> dict[str, list[Standing]]:
    """Standings of each passage's candidates, best first.

    `budgets` are the rows trained at each rung; after each rung but the last the better half of a passage's candidates
    stays. Candidates that dropped out keep the outcome they had and stand behind those that went on.
    """
    base = {
        passage: tuple(answer_likelihoods(engine, form, [(q, ()) for q in quizzes[passage]])) for passage in candidates
    }
    standings = {p: [Standing(edit, ()) for edit in edits] for p, edits in candidates.items()}
    alive = {p: list(range(len(edits))) for p, edits in candidates.items()}
    for rung, budget in enumerate(budgets):
        places = [(p, i) for p in candidates for i in alive[p]]
        entries = [
            Entry(standings[p][i].edit, quizzes[p], base[p], derive_seed(seed, rung, p, 0, "trial")) for p, i in places
        ]
        for (p, i), outcome in zip(places, run_cohort(engine, form, entries, recipe, budget), strict=True):
            standings[p][i] = Standing(standings[p][i].edit, (*standings[p][i].outcomes, outcome))
        if rung + 1 < len(budgets):
            for p, still in alive.items():
                still.sort(key=lambda i, p=p: -standings[p][i].value)  # type: ignore[misc]
                del still[max(1, (len(still) + 1) // 2) :]
    return {p: sorted(s, key=lambda standing: (-len(standing.outcomes), -standing.value)) for p, s in standings.items()}
