"""A model studies passages by itself: notes, one adapter on them, and its gain on questions that steered nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Question
from selfstudy.domain.token_row import TokenRow
from selfstudy.domain.trial import Outcome
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.memory.curriculum import Synonyms
from selfstudy.memory.learn import Learned, train_on_notes
from selfstudy.memory.notes import Notes, Say, take_notes
from selfstudy.memory.router import Pieces
from selfstudy.memory.study_settings import StudySettings
from selfstudy.self_edits.contract import Scorer, Writer

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Studied:
    """What was learned, and the notes it was learned from.

    `reported` is the gain of the final adapter on the report halves, which steered nothing and taught nothing.
    """

    learned: Learned
    notes: Notes
    reported: Outcome


def study(
    engine: EngineContract,
    form: PromptForm,
    passages: Sequence[Passage],
    general: Sequence[TokenRow],
    general_prompts: Sequence[str],
    *,
    writer: Writer,
    scorer: Scorer,
    synonyms: Synonyms,
    pieces: Pieces,
    settings: StudySettings,
    seed: int = 0,
    say: Say = lambda _: None,
    progress: Progress | None = None,
) -> Studied:
    """Learn `passages` without an answer key: `take_notes`, then `train_on_notes`.

    Raises:
        ValueError: there are no passages, or nothing was left to train on.
    """
    if not passages:
        raise ValueError("study: there are no passages; give at least one document with text")
    notes = take_notes(engine, form, passages, writer=writer, scorer=scorer, settings=settings, seed=seed, say=say)
    say(f"training one adapter on {len(notes.rows)} rows of {len(notes.kept)} kept self-edits")
    learned = train_on_notes(
        engine, form, passages, notes.rows, general, general_prompts, settings=settings.learn, synonyms=synonyms,
        pieces=pieces, seed=derive_seed(seed, 0, "all", 0, "learn"), progress=progress,
    )  # fmt: skip
    reported = report_gain(engine, form, notes.report, learned)
    if reported.value is not None:
        say(f"{len(notes.report)} held-out questions of its own: {reported.value:+.2f} nats a token over the base")
    return Studied(learned, notes, reported)


def report_gain(engine: EngineContract, form: PromptForm, quiz: Sequence[Question], learned: Learned) -> Outcome:
    """What `learned` gains over the base on each question's answer, always on."""
    asked = [(q, adapters) for adapters in ((), (learned.adapter,)) for q in quiz]
    found = answer_likelihoods(engine, form, asked)
    gains = tuple(new - old for old, new in zip(found[: len(quiz)], found[len(quiz) :], strict=True))
    return Outcome(gains, learned.trained_tokens, learned.steps)
