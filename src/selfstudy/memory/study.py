"""A model studies passages by itself: quiz, candidate self-edits, race, and one adapter on what was kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.token_row import TokenRow
from selfstudy.domain.trial import Outcome, Standing
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.inner_loop.race import race
from selfstudy.memory.curriculum import Synonyms
from selfstudy.memory.learn import Learned, LearnSettings, train_on_notes
from selfstudy.memory.router import Pieces
from selfstudy.quizzes.held_out import HeldOutQuiz, hold_out
from selfstudy.self_edits.contract import Scorer, Writer
from selfstudy.self_edits.registry import get_format
from selfstudy.self_edits.write import write_self_edit

Say = Callable[[str], None]
Progress = Callable[[int, int], None]

TRIAL_RECIPE = UpdateRecipe(rank=16, alpha=32.0, targets=ALL_LINEAR, learning_rate=2e-3, rows_per_step=8)


@dataclass(frozen=True)
class Candidate:
    """A way to write one self-edit: a format's name and how many wordings a fact."""

    format: str
    samples: int = 2


@dataclass(frozen=True)
class StudySettings:
    """`candidates` race against each other for every passage; `quiz` questions a passage are held out from them."""

    candidates: tuple[Candidate, ...] = (
        Candidate("questions", 3),
        Candidate("question_answer", 3),
        Candidate("raw"),
    )
    quiz: int = 6
    trial: UpdateRecipe = TRIAL_RECIPE
    budgets: tuple[int, ...] = (24, 72)
    trial_first_layer: float = 0.5
    learn: LearnSettings = field(default_factory=LearnSettings)


NARROW = 768
WIDE_RATE = 5e-4


def settings_for(width: int) -> StudySettings:
    """Settings for a model with hidden states of `width` numbers.

    Two models were measured: at 576 (SmolLM2-135M) 1e-3 learned too little, at 896 (Qwen2.5-Coder-0.5B) 2e-3
    does not converge and loses two fifths of the probe, while 5e-4 keeps 93 %. Wider models get the smaller rate.
    """
    settings = StudySettings()
    if width < NARROW:
        return settings
    learn = replace(settings.learn, recipe=replace(settings.learn.recipe, learning_rate=WIDE_RATE))
    return replace(settings, learn=learn, trial=replace(settings.trial, learning_rate=WIDE_RATE))


@dataclass(frozen=True, eq=False)
class Studied:
    """What was learned, and how it came about: quizzes, standings of every candidate, and the self-edits kept.

    `reported` is the gain of the final adapter on the report halves, which steered nothing and taught nothing.
    """

    learned: Learned
    kept: tuple[SelfEdit, ...]
    standings: dict[str, list[Standing]]
    quizzes: dict[str, HeldOutQuiz]
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
    """Learn `passages` without an answer key.

    The quiz of each passage is drawn before any candidate is written, and candidates' rows that repeat one of its
    questions are dropped. Only the reward half of it steers the race.

    Raises:
        ValueError: there are no passages, or nothing was left to train on.
    """
    if not passages:
        raise ValueError("study: there are no passages; give at least one document with text")
    say(f"writing a quiz for each of the passages ({len(passages)})")
    quizzes = {p.identity: draw_quiz(p, scorer, settings.quiz, seed) for p in passages}
    say(f"writing {len(settings.candidates)} self-edits a passage")
    edits = {
        p.identity: write_candidates(p, settings.candidates, writer, scorer, quizzes[p.identity].all) for p in passages
    }
    say(f"racing {sum(map(len, edits.values()))} self-edits")
    standings = race(
        engine, form, edits, {k: q.reward for k, q in quizzes.items()}, trial_recipe(engine, settings),
        budgets=settings.budgets, seed=seed,
    )  # fmt: skip
    for passage in passages:
        reached = ", ".join(
            f"{s.edit.format} ({len(s.edit.rows)} rows) {s.value:+.2f}" for s in standings[passage.identity]
        )
        say(f"{passage.title}: {reached} nats a token")
    kept = tuple(edit for found in standings.values() for edit in keep(found))
    # The race is over: its reward questions may teach now. The report half stays unseen.
    rows = list(
        dict.fromkeys(
            (*(r for edit in kept for r in edit.rows), *(r for q in quizzes.values() for r in quiz_rows(q.reward)))
        )
    )
    say(f"training one adapter on {len(rows)} rows of {len(kept)} kept self-edits")
    learned = train_on_notes(
        engine, form, passages, rows, general, general_prompts, settings=settings.learn, synonyms=synonyms,
        pieces=pieces, seed=derive_seed(seed, 0, "all", 0, "learn"), progress=progress,
    )  # fmt: skip
    report = [question for q in quizzes.values() for question in q.report]
    gains = _gains(engine, form, report, learned)
    reported = Outcome(gains, learned.trained_tokens, learned.steps)
    if reported.value is not None:
        say(f"{len(report)} held-out questions of its own: {reported.value:+.2f} nats a token over the base")
    return Studied(learned, kept, standings, quizzes, reported)


def _gains(engine: EngineContract, form: PromptForm, quiz: Sequence[Question], learned: Learned) -> tuple[float, ...]:
    found = answer_likelihoods(engine, form, [(q, adapters) for adapters in ((), (learned.adapter,)) for q in quiz])
    return tuple(new - old for old, new in zip(found[: len(quiz)], found[len(quiz) :], strict=True))


def keep(standings: Sequence[Standing]) -> list[SelfEdit]:
    """Every sibling that gained: wordings of several origins teach more together than the best one's alone (LOG.md)."""
    return [s.edit for s in standings if s.value > 0]


def draw_quiz(passage: Passage, scorer: Scorer, size: int, seed: int) -> HeldOutQuiz:
    """At most `size` questions about `passage`, written by rule and chosen by the scorer, held out in two halves."""
    edit = write_self_edit(passage, get_format("question_answer"), None, scorer, samples=2)
    pairs: list[Row] = [row for row in edit.rows if row.prompt]
    return hold_out(passage, pairs, size=size, seed=derive_seed(seed, 0, passage.identity, 0, "quiz"))


def write_candidates(
    passage: Passage, candidates: Sequence[Candidate], writer: Writer, scorer: Scorer, quiz: Quiz
) -> list[SelfEdit]:
    """One self-edit a candidate, in order, without the rows that repeat a question of `quiz`."""
    return [
        write_self_edit(passage, get_format(c.format), writer, scorer, samples=c.samples, quiz=quiz) for c in candidates
    ]


def trial_recipe(engine: EngineContract, settings: StudySettings) -> UpdateRecipe:
    """The recipe of trials on this engine's layers, of which the lower share stays as it is."""
    return replace(settings.trial, layers=(round(engine.layers * settings.trial_first_layer), engine.layers))


def quiz_rows(quiz: Quiz) -> list[Row]:
    """The questions word for word, each with its first accepted answer."""
    return [Row.question_answer(q.text, q.answers[0], origin="question_answer") for q in quiz]
