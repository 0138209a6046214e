"""What came of a puzzle under a plan, as it is recorded: attempts, right or wrong, likelihood gain, cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.engine.contract import EngineContract
from selfstudy.tasks.arc.adapt import Adapted, AdaptSettings, Progress, adapt
from selfstudy.tasks.arc.answer import AnswerSettings, Asked, Replies, ask, likelihoods
from selfstudy.tasks.arc.grid import Grid, cell_accuracy
from selfstudy.tasks.arc.grid_tokens import GridForm
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import plan_text
from selfstudy.tasks.arc.puzzle import Puzzle, Query
from selfstudy.tasks.arc.vote import Predicted, attempts

Pair = tuple[Puzzle, Plan | None]
"""A puzzle and the plan by which the learner is adapted to it; None: in context only, no adapter."""


@dataclass(frozen=True)
class Answer:
    """One query's attempts as texts of `Grid.text("")`, best first, each with the views that voted for it.

    `views` names every view that was asked, with its grid's text; None where no grid was written. `right` counts from 1
    the attempt that is right, 0 says that none is; None where the answer is not known. `cells` is the share of the
    first attempt's cells that are right.
    """

    attempts: tuple[str, ...]
    votes: tuple[int, ...]
    views: tuple[tuple[str, str | None], ...]
    right: int | None = None
    cells: float | None = None

    @property
    def grids(self) -> tuple[Grid, ...]:
        return tuple(map(Grid.parse, self.attempts))


@dataclass(frozen=True)
class PuzzleOutcome:
    """`plan` is the plan's JSON text, "" in context only. A plan that failed has no answers and no gain.

    `gain` is in nats a token: the right grids' mean log-probability over the base's, averaged over queries. Costs are
    in tokens that went through the model; `trained_tokens` are those with a loss.
    """

    puzzle: str
    plan: str
    answers: tuple[Answer, ...] = ()
    gain: float | None = None
    failure: str | None = None
    num_tasks: int = 0
    steps: int = 0
    tokens: int = 0
    trained_tokens: int = 0
    answer_tokens: int = 0

    def solved(self, within: int = 2) -> bool:
        """Whether all queries were answered right within so many attempts; what failed has solved nothing."""
        return bool(self.answers) and all(a.right is not None and 1 <= a.right <= within for a in self.answers)

    @property
    def known(self) -> bool:
        """Whether the right answers are known."""
        return bool(self.answers) and all(a.right is not None for a in self.answers)

    @property
    def cells(self) -> float | None:
        found = [a.cells for a in self.answers if a.cells is not None]
        return sum(found) / len(found) if found else None


def run_pairs(
    engine: EngineContract,
    form: PromptForm,
    grids: GridForm,
    pairs: Sequence[Pair],
    adapting: AdaptSettings,
    answering: AnswerSettings,
    *,
    progress: Progress | None = None,
) -> tuple[PuzzleOutcome, ...]:
    """One outcome a pair, in order: all adapters trained in one call, all queries asked in another."""
    planned = [(puzzle, plan) for puzzle, plan in pairs if plan is not None]
    trained = iter(adapt(engine, form, grids, planned, adapting, progress=progress))
    adapted = [Adapted(None) if plan is None else next(trained) for _, plan in pairs]
    whole = [number for number, each in enumerate(adapted) if each.failure is None]
    asked: list[Asked] = [(pairs[n][0], (a,) if (a := adapted[n].adapter) is not None else ()) for n in whole]
    replies = dict(zip(whole, ask(engine, form, grids, asked, answering), strict=True))
    gains = dict(zip(whole, _gains(engine, form, grids, asked, answering.longest), strict=True))
    return tuple(_outcome(pair, adapted[n], replies.get(n), gains.get(n)) for n, pair in enumerate(pairs))


def _gains(
    engine: EngineContract, form: PromptForm, grids: GridForm, asked: Sequence[Asked], longest: int
) -> list[float | None]:
    """Mean gain over each puzzle's queries; None where no right answer is known. The base is scored once a puzzle."""
    bases: list[Asked] = [(puzzle, ()) for puzzle in {puzzle.id: puzzle for puzzle, _ in asked}.values()]
    distinct = [*bases, *(each for each in asked if each[1])]
    scored = likelihoods(engine, form, grids, distinct, longest)
    before = {puzzle.id: found for (puzzle, _), found in zip(bases, scored, strict=False)}
    after = iter(scored[len(bases) :])
    gains: list[float | None] = []
    for puzzle, adapters in asked:
        base = before[puzzle.id]
        own = next(after) if adapters else base
        gains.append(sum(own) / len(own) - sum(base) / len(base) if base else None)
    return gains


def _outcome(pair: Pair, adapted: Adapted, replies: Replies | None, gain: float | None) -> PuzzleOutcome:
    puzzle, plan = pair
    answers: tuple[Answer, ...] = ()
    if replies is not None:
        answers = tuple(_answer(query, seen) for query, seen in zip(puzzle.test, replies.queries, strict=True))
    return PuzzleOutcome(
        puzzle.id, "" if plan is None else plan_text(plan), answers, gain, adapted.failure, adapted.num_tasks,
        adapted.steps, adapted.tokens, adapted.trained_tokens, replies.tokens if replies is not None else 0,
    )  # fmt: skip


def _answer(query: Query, predicted: Sequence[Predicted]) -> Answer:
    voted = attempts(predicted)
    tried = [grid for grid, _ in voted]
    texts = tuple(grid.text("") for grid in tried)
    views = tuple((each.view, None if each.grid is None else each.grid.text("")) for each in predicted)
    votes = tuple(count for _, count in voted)
    if query.output is None:
        return Answer(texts, votes, views)
    right = tried.index(query.output) + 1 if query.output in tried else 0
    return Answer(texts, votes, views, right, cell_accuracy(tried[0], query.output) if tried else 0.0)
