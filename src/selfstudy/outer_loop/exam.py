"""The questions that trials on a passage are asked, and what the untouched base makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from selfstudy.domain.identity import content_hash
from selfstudy.domain.journal import Journal
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.outer_loop.rewards import CLOZE_GAIN, KEY_GAIN, PROBE_GAIN, QUIZ_GAIN, WRONG_GAIN
from selfstudy.self_edits.registry import get_format

MOST_CLOZE = 8


@dataclass(frozen=True)
class Exam:
    """Of one passage: the answer key as it is graded, and by measure the questions as they are put to the learner."""

    passage: Passage
    key: Quiz
    asked: Mapping[str, Quiz] = field(default_factory=dict)


def exam(
    passage: Passage, key: Quiz, own: Quiz = (), wrong: tuple[Passage, Quiz] | None = None, probe: Quiz = ()
) -> Exam:
    """`own` is the model's own quiz on the passage, `wrong` another passage with its answer key."""
    asked = {KEY_GAIN: topical(passage.title, key), QUIZ_GAIN: own, CLOZE_GAIN: cloze_quiz(passage), PROBE_GAIN: probe}
    if wrong is not None:
        asked[WRONG_GAIN] = topical(wrong[0].title, wrong[1])
    return Exam(passage, key, {measure: quiz for measure, quiz in asked.items() if quiz})


def topical(title: str, quiz: Quiz) -> Quiz:
    """The questions with their topic before them, as SEAL asks them: many name nothing themselves."""
    return tuple(replace(question, text=f"Topic: {title}\n{question.text}") for question in quiz)


def cloze_quiz(passage: Passage) -> Quiz:
    """Sentences of the passage with an answer span left out; made by rule."""
    rows = get_format("cloze").given(passage)[:MOST_CLOZE]
    return tuple(Question(row.prompt, (row.target,), passage.document) for row in rows)


def base_values(
    engine: EngineContract, form: PromptForm, exams: Sequence[Exam], measure: str, journal: Journal
) -> list[tuple[float, ...]]:
    """For each exam the base's mean log-probability a token of each answer (nats); empty where nothing is asked."""
    found = []
    for each in exams:
        quiz = each.asked.get(measure, ())
        key = content_hash("base", engine.identity, engine.arithmetic, *(repr(q) for q in quiz))
        make = partial(_likelihoods, engine, form, quiz)
        found.append(journal.once("base", key, tuple[float, ...], make) if quiz else ())
    return found


def _likelihoods(engine: EngineContract, form: PromptForm, quiz: Quiz) -> tuple[float, ...]:
    return tuple(answer_likelihoods(engine, form, [(question, ()) for question in quiz]))
