"""Teach the editor to word questions for given answers, on lessons: passages with notes that people wrote.

SEAL trains its editor on its own best self-edits (ReST-EM, section 3.2), which needs an editor that sometimes writes a
good one. A small model's never do; this is the supervised start that gives it something to choose from. No document
that is to be learned later takes part.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from selfstudy.domain.lesson import Lesson
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row, Segment
from selfstudy.domain.shares import check_shares
from selfstudy.engine.contract import EngineContract, ScoreRequest, TrainJob
from selfstudy.self_edits.asking import asking_prompt, context_of, sentence_holding, span_of

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Progress = Callable[[int, int], None]

_MEASURED = 200
"""Questions of held-out lessons that are scored; more say little more, and cost as much as many steps of training."""


@dataclass(frozen=True)
class TeachSettings:
    """`held_out` is the share of lessons that only measure; `first_layer` the share of layers left as they are.

    `most_rows` bounds how many questions are learned, drawn at random from all; 0 means all.
    """

    recipe: UpdateRecipe = field(
        default_factory=lambda: UpdateRecipe(
            rank=8, alpha=16.0, targets=ALL_LINEAR, learning_rate=1e-3, rows_per_step=8, epochs=2
        )
    )
    first_layer: float = 0.0
    held_out: float = 0.1
    most_rows: int = 0

    def __post_init__(self) -> None:
        check_shares("teach", first_layer=self.first_layer, held_out=self.held_out)
        if self.most_rows < 0:
            raise ValueError(f"teach: most_rows {self.most_rows} must be at least 0")


@dataclass(frozen=True, eq=False)
class Taught:
    """The editor's adapter and the loss (nats a token) on questions of held-out lessons, before and after."""

    adapter: Adapter
    rows: int
    tokens: int
    held_out_rows: int
    before: float | None
    after: float | None


def teach(
    engine: EngineContract,
    form: PromptForm,
    lessons: Sequence[Lesson],
    *,
    settings: TeachSettings,
    seed: int = 0,
    progress: Progress | None = None,
) -> Taught:
    """Train an adapter that words questions as the lessons' notes do.

    Raises:
        ValueError: no lesson is left to train on, or training failed; the message says which.
    """
    order, rng = list(lessons), random.Random(seed)
    rng.shuffle(order)
    apart = round(len(order) * settings.held_out)
    measured, taught = (
        [row for lesson in part for row in asking_rows(lesson)] for part in (order[:apart], order[apart:])
    )
    measured = rng.sample(measured, min(len(measured), _MEASURED))
    if not taught:
        raise ValueError("teach: there is no note to learn from; give lessons whose answers stand in their texts")
    if 0 < settings.most_rows < len(taught):
        taught = rng.sample(taught, settings.most_rows)
    first = round(engine.layers * settings.first_layer)
    recipe = replace(settings.recipe, layers=(first, engine.layers) if first else None)
    (result,) = engine.train([TrainJob(tuple(form.encode(r) for r in taught), recipe, seed)], progress=progress)
    if result.adapter is None:
        raise ValueError(f"teach: training failed: {result.failure}; lower the learning rate")
    before, after = (_loss(engine, form, measured, adapters) for adapters in ((), (result.adapter,)))
    return Taught(result.adapter, len(taught), result.tokens, len(measured), before, after)


def asking_rows(lesson: Lesson) -> list[Row]:
    """Each note asked for by its answer, given the sentence that holds it; the question trains."""
    sentences = lesson.passage.sentences
    rows = []
    for note in lesson.notes:
        index = sentence_holding(sentences, note.prompt, note.target)
        if index is not None:
            prompt = asking_prompt(lesson.passage.title, context_of(sentences, index), span_of(note.target))
            rows.append(_asked(prompt, note.prompt))
    return rows


def _asked(prompt: str, question: str) -> Row:
    return Row((Segment("plain", prompt, False), Segment("plain", f" {question}", True)), origin="lesson")


def _loss(engine: EngineContract, form: PromptForm, rows: Sequence[Row], adapters: tuple[Adapter, ...]) -> float | None:
    if not rows:
        return None
    requests = []
    for row in rows:
        encoded = form.encode(row)
        first = next(i for i, weight in enumerate(encoded.weights) if weight > 0)
        requests.append(ScoreRequest(encoded.ids, first, adapters))
    scores = engine.score(requests)
    return -sum(sum(s.logprobs) for s in scores) / sum(len(s.logprobs) for s in scores)
