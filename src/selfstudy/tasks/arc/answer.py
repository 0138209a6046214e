"""Ask puzzles' queries under several views, of the base or of adapters, all at once; score the right grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.engine.contract import EngineContract, GenerateRequest, ScoreRequest
from selfstudy.tasks.arc.grid import Grid
from selfstudy.tasks.arc.grid_tokens import GridForm, grid_tokens, most_answer_tokens
from selfstudy.tasks.arc.leave_out import TrainingTask
from selfstudy.tasks.arc.prompt import query_prompt, training_row
from selfstudy.tasks.arc.puzzle import Example, Puzzle
from selfstudy.tasks.arc.transforms import Symmetry
from selfstudy.tasks.arc.vote import VIEWS, Predicted

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Asked = tuple[Puzzle, tuple["Adapter", ...]]
"""A puzzle with the adapters that answer it: none for the base, in context only."""


@dataclass(frozen=True)
class AnswerSettings:
    """`num_views` of `vote.VIEWS` are asked. `longest` bounds prompt and answer in tokens: what is beyond leaves out
    examples, last ones first. `constrained`: only grids can be written, where the tokenizer permits that."""

    num_views: int = 5
    longest: int = 4096
    constrained: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.num_views <= len(VIEWS):
            raise ValueError(f"answer: num_views {self.num_views} must be 1 to {len(VIEWS)}")


@dataclass(frozen=True)
class Replies:
    """For each query of a puzzle what was predicted under each view, and the tokens that this took."""

    queries: tuple[tuple[Predicted, ...], ...]
    tokens: int


def ask(
    engine: EngineContract, form: PromptForm, grids: GridForm, asked: Sequence[Asked], settings: AnswerSettings
) -> list[Replies]:
    """Greedy predictions. A query that does not fit even without examples has none under any view."""
    requests, owners = [], []
    allowed = grid_tokens(grids) if settings.constrained else None
    for number, (puzzle, adapters) in enumerate(asked):
        for index, query in enumerate(puzzle.test):
            room = most_answer_tokens(grids, [*_grids(puzzle), query.input])
            for view in VIEWS[: settings.num_views]:
                prompt = _fitting_prompt(form, grids, puzzle, query.input, view, settings.longest - room)
                if prompt is not None:
                    requests.append(GenerateRequest(prompt, room, form.stop_ids, adapters, allowed_tokens=allowed))
                    owners.append((number, index, view))
    found: list[list[list[Predicted]]] = [[[] for _ in puzzle.test] for puzzle, _ in asked]
    tokens = [0] * len(asked)
    for (number, index, view), request, reply in zip(owners, requests, engine.generate(requests), strict=True):
        grid = _read(form, reply.ids, view) if reply.stopped else None
        written = len(reply.ids) + reply.stopped
        found[number][index].append(Predicted(view.name, grid, reply.logprob / max(1, written)))
        tokens[number] += len(request.ids) + written
    return [Replies(tuple(map(tuple, queries)), spent) for queries, spent in zip(found, tokens, strict=True)]


def likelihoods(
    engine: EngineContract, form: PromptForm, grids: GridForm, asked: Sequence[Asked], longest: int
) -> list[tuple[float, ...]]:
    """Mean log-probability a token (nats) of each query's right grid, its end included, under the plain view.

    A grid's end says how high it is. Queries without a known answer, and those that do not fit, are left out.
    """
    requests, owners = [], []
    for number, (puzzle, adapters) in enumerate(asked):
        for query in puzzle.test:
            if query.output is None:
                continue
            for context in _shorter(puzzle.train):
                row = form.encode(
                    training_row(
                        TrainingTask(context, Example(query.input, query.output)), "last_output", grids.between
                    )
                )
                last = row.trained[-1] + 1
                if last <= longest:
                    requests.append(ScoreRequest(row.ids[:last], row.trained[0], adapters))
                    owners.append(number)
                    break
    found: list[list[float]] = [[] for _ in asked]
    for number, score in zip(owners, engine.score(requests), strict=True):
        found[number].append(score.mean)
    return [tuple(each) for each in found]


def _fitting_prompt(
    form: PromptForm, grids: GridForm, puzzle: Puzzle, query: Grid, view: Symmetry, most: int
) -> tuple[int, ...] | None:
    seen = tuple(Example(view.apply(e.input), view.apply(e.output)) for e in puzzle.train)
    for context in _shorter(seen):
        if sum(e.input.height * e.input.width + e.output.height * e.output.width for e in context) > most:
            continue  # a cell is at least a token
        ids = form.prompt(query_prompt(context, view.apply(query), grids.between))
        if len(ids) <= most:
            return ids
    return None


def _shorter(examples: tuple[Example, ...]) -> list[tuple[Example, ...]]:
    return [examples[:size] for size in range(len(examples), -1, -1)]


def _read(form: PromptForm, ids: Sequence[int], view: Symmetry) -> Grid | None:
    try:
        return view.invert(Grid.parse(form.decode(ids)))
    except ValueError:  # what a model writes freely need not be a grid
        return None


def _grids(puzzle: Puzzle) -> list[Grid]:
    return [grid for example in puzzle.train for grid in (example.input, example.output)]
