"""What a trained adapter knows, and what it has forgotten."""

from __future__ import annotations

from selfstudy.domain.journal import Journal
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.version import Answered, Score, Scores
from selfstudy.engine.contract import EngineContract
from selfstudy.memory.answering import Learner, answered, ask_learner, base_answers, known_of, score, score_apart
from selfstudy.memory.learn import Learned
from selfstudy.memory.study import report_gain


def measure(
    engine: EngineContract,
    form: PromptForm,
    learned: Learned,
    parent: Learner | None,
    *,
    report: Quiz,
    earlier: Quiz,
    probe: Quiz,
    user_quiz: Quiz,
    journal: Journal,
) -> tuple[Scores, tuple[Answered, ...]]:
    """Scores of `learned`, and the answers to the quiz: the user's, or without one the model's own held-out questions.

    `report` are the held-out questions on all documents, `earlier` those on documents that `parent` had learned. The
    probe is cut to what the base answers right.
    """
    learner = Learner(learned.adapter, learned.router)
    gained = report_gain(engine, form, report, learned)
    quiz = user_quiz or report
    said = ask_learner(engine, form, quiz, base_answers(engine, form, quiz, journal), learner)
    known, known_said = known_of(engine, form, probe, journal)
    probed = ask_learner(engine, form, known, known_said, learner)
    still, newly = Score(0, 0), Score(0, 0)
    if parent and earlier:
        base = base_answers(engine, form, earlier, journal)
        then, now = (ask_learner(engine, form, earlier, base, who).routed for who in (parent, learner))
        still, newly = score_apart(earlier, then, now)
    scores = Scores(
        "user" if user_quiz else "self", score(quiz, said.base), score(quiz, said.routed),
        score(known, probed.routed), score(known, probed.always_on), still, gained.value, gained.standard_error,
        earlier_new=newly,
    )  # fmt: skip
    return scores, answered(quiz, said)
