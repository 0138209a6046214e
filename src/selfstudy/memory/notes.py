"""What a model writes about passages and what of it helps: quiz, candidate self-edits, race, and those kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from selfstudy.domain.identity import content_hash, derive_seed
from selfstudy.domain.journal import Journal, Unrecorded
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Standing
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.race import race
from selfstudy.memory.study_settings import Candidate, StudySettings
from selfstudy.quizzes.held_out import HeldOutQuiz, hold_out
from selfstudy.self_edits.contract import Scorer, Writer
from selfstudy.self_edits.registry import get_format
from selfstudy.self_edits.write import write_self_edit

Say = Callable[[str], None]


@dataclass(frozen=True)
class Notes:
    """By passage identity: the quiz that was held out, and every candidate's standing in the race, best first."""

    quizzes: Mapping[str, HeldOutQuiz]
    standings: Mapping[str, tuple[Standing, ...]]

    @property
    def kept(self) -> tuple[SelfEdit, ...]:
        return tuple(edit for found in self.standings.values() for edit in keep(found))

    @property
    def rows(self) -> tuple[Row, ...]:
        """What there is to train on. The race is over, so its reward questions may teach; the report half may not."""
        kept = [row for edit in self.kept for row in edit.rows]
        asked = [row for quiz in self.quizzes.values() if quiz.own for row in quiz_rows(quiz.reward)]
        return tuple(dict.fromkeys((*kept, *asked)))

    @property
    def report(self) -> Quiz:
        """The held-out questions that steer nothing and teach nothing."""
        return tuple(question for quiz in self.quizzes.values() for question in quiz.report)

    def of(self, passages: Sequence[Passage]) -> Notes:
        """Those on `passages` alone."""
        wanted = [p.identity for p in passages]
        return Notes({i: self.quizzes[i] for i in wanted}, {i: self.standings[i] for i in wanted})


def joined(notes: Sequence[Notes]) -> Notes:
    """The notes on several documents as one."""
    quizzes = {i: quiz for each in notes for i, quiz in each.quizzes.items()}
    return Notes(quizzes, {i: found for each in notes for i, found in each.standings.items()})


def take_notes(
    engine: EngineContract,
    form: PromptForm,
    passages: Sequence[Passage],
    *,
    writer: Writer,
    scorer: Scorer,
    settings: StudySettings,
    seed: int = 0,
    editor: str = "",
    answer_key: Mapping[str, Quiz] | None = None,
    journal: Journal | None = None,
    say: Say = lambda _: None,
) -> Notes:
    """Notes on `passages` without an answer key.

    The quiz of each passage is drawn before any candidate is written, and candidates' rows that repeat one of its
    questions are dropped. Only the reward half of it steers the race. Each passage's quiz and candidates and each
    cohort of the race are recorded in `journal`; `editor` names who writes, beside the base. Where `answer_key` has
    questions on a passage (by its identity), these reward in place of the model's own.
    """
    journal = journal or Unrecorded()
    where = (engine.identity, engine.arithmetic)
    say(f"writing a quiz for each of the passages ({len(passages)})")
    quizzes = {}
    for p in passages:
        key = content_hash("quiz", *where, p.document, p.identity, str(settings.quiz), str(seed))
        drawn = journal.once("quiz", key, HeldOutQuiz, partial(draw_quiz, p, scorer, settings.quiz, seed))
        quizzes[p.identity] = steered(drawn, (answer_key or {}).get(p.identity, ()))
    say(f"writing {len(settings.candidates)} self-edits a passage")
    edits = {}
    for p in passages:
        quiz = quizzes[p.identity].all
        key = content_hash("self_edits", *where, editor, p.identity, repr(settings.candidates), repr(quiz), str(seed))
        edits[p.identity] = journal.once(
            "self_edits",
            key,
            tuple[SelfEdit, ...],
            partial(write_candidates, p, settings.candidates, writer, scorer, quiz),
        )
    say(f"racing {sum(map(len, edits.values()))} self-edits")
    standings = race(
        engine, form, edits, {k: q.reward for k, q in quizzes.items()}, trial_recipe(engine, settings),
        budgets=settings.budgets, seed=seed, journal=journal,
    )  # fmt: skip
    for passage in passages:
        reached = ", ".join(
            f"{s.edit.format} ({len(s.edit.rows)} rows) {s.value:+.2f}" for s in standings[passage.identity]
        )
        say(f"{passage.title}: {reached} nats a token")
    return Notes(quizzes, {identity: tuple(found) for identity, found in standings.items()})


def keep(standings: Sequence[Standing]) -> list[SelfEdit]:
    """Every sibling that gained: wordings of several origins teach more together than the best one's alone (LOG.md)."""
    return [s.edit for s in standings if s.value > 0]


def draw_quiz(passage: Passage, scorer: Scorer, size: int, seed: int) -> HeldOutQuiz:
    """At most `size` questions about `passage`, written by rule and chosen by the scorer, held out in two halves."""
    edit = write_self_edit(passage, get_format("question_answer"), None, scorer, samples=2)
    pairs: list[Row] = [row for row in edit.rows if row.prompt]
    return hold_out(passage, pairs, size=size, seed=derive_seed(seed, 0, passage.identity, 0, "quiz"))


def steered(quiz: HeldOutQuiz, answer_key: Quiz) -> HeldOutQuiz:
    """The quiz with the user's questions on the same passage as the reward, if there are any."""
    return replace(quiz, reward=answer_key, own=False) if answer_key else quiz


def write_candidates(
    passage: Passage, candidates: Sequence[Candidate], writer: Writer, scorer: Scorer, quiz: Quiz
) -> tuple[SelfEdit, ...]:
    """One self-edit a candidate, in order, without the rows that repeat a question of `quiz`."""
    return tuple(
        write_self_edit(
            passage, get_format(c.format, facts=c.facts), writer, scorer, samples=c.samples, quiz=quiz, check=c.check
        )
        for c in candidates
    )


def trial_recipe(engine: EngineContract, settings: StudySettings) -> UpdateRecipe:
    """The recipe of trials on this engine's layers, of which the lower share stays as it is."""
    return replace(settings.trial, layers=(round(engine.layers * settings.trial_first_layer), engine.layers))


def quiz_rows(quiz: Quiz) -> list[Row]:
    """The questions word for word, each with its first accepted answer."""
    return [Row.question_answer(q.text, q.answers[0], origin="question_answer") for q in quiz]
