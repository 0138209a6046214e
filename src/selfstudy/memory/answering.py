"""How a version answers: the router sends a question to the adapter or leaves it to the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfstudy.domain.identity import content_hash
from selfstudy.domain.journal import Journal
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.version import Answered, Score
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answers
from selfstudy.memory.router import Router

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter


@dataclass(frozen=True, eq=False)
class Learner:
    """An adapter with the router that guards it."""

    adapter: Adapter
    router: Router

    def adapters(self, question: str) -> tuple[Adapter, ...]:
        """What is laid over the base for `question`: the adapter, or nothing."""
        return (self.adapter,) if self.router.to_adapter(question) else ()


@dataclass(frozen=True)
class Answers:
    """To each question what the base says, the adapter always on, and the learner as a user meets it."""

    base: tuple[str, ...]
    always_on: tuple[str, ...]
    routed: tuple[str, ...]


def base_answers(engine: EngineContract, form: PromptForm, quiz: Quiz, journal: Journal) -> tuple[str, ...]:
    """The base's closed-book answers, asked once and then on record."""
    asked = [question.text for question in quiz]
    key = content_hash("base answers", engine.identity, engine.arithmetic, *asked)
    return journal.once("base_answers", key, tuple[str, ...], lambda: tuple(answers(engine, form, asked)))


def ask_learner(engine: EngineContract, form: PromptForm, quiz: Quiz, base: Sequence[str], learner: Learner) -> Answers:
    """Closed-book answers of `learner`, beside those that the base gave (`base`)."""
    always_on = answers(engine, form, [question.text for question in quiz], (learner.adapter,))
    routed = [
        new if learner.router.to_adapter(question.text) else old
        for question, old, new in zip(quiz, base, always_on, strict=True)
    ]
    return Answers(tuple(base), tuple(always_on), tuple(routed))


def score(quiz: Quiz, said: Sequence[str]) -> Score:
    """How many of `said` are accepted."""
    return Score(sum(question.accepts(text) for question, text in zip(quiz, said, strict=True)), len(quiz))


def score_apart(quiz: Quiz, then: Sequence[str], now: Sequence[str]) -> tuple[Score, Score]:
    """How many of `now` are accepted: of the questions that `then` has right, and of those that it has wrong."""
    right: list[list[bool]] = [[], []]
    for question, before, after in zip(quiz, then, now, strict=True):
        right[question.accepts(before)].append(question.accepts(after))
    wrong_then, right_then = (Score(sum(each), len(each)) for each in right)
    return right_then, wrong_then


def known_of(engine: EngineContract, form: PromptForm, quiz: Quiz, journal: Journal) -> tuple[Quiz, tuple[str, ...]]:
    """The questions of `quiz` that the base answers right, with what it says."""
    said = base_answers(engine, form, quiz, journal)
    right = [(question, text) for question, text in zip(quiz, said, strict=True) if question.accepts(text)]
    return tuple(question for question, _ in right), tuple(text for _, text in right)


def answered(quiz: Quiz, found: Answers) -> tuple[Answered, ...]:
    """Each question before and after learning."""
    return tuple(
        Answered(q.text, q.answers, old, new, q.accepts(old), q.accepts(new), q.document)
        for q, old, new in zip(quiz, found.base, found.routed, strict=True)
    )
