"""What a trained adapter knows, and what it has forgotten."""

from __future__ import annotations

from selfstudy.domain.journal import Journal
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.version import Answered, Scores
from selfstudy.engine.contract import EngineContract
from selfstudy.memory.answering import Learner, answered, ask_all, base_answers, right_ones, score
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
    probe is cut to what the base answers right, `earlier` to what the parent does.
    """
    learner = Learner(learned.adapter, learned.router)
    gained = report_gain(engine, form, report, learned)
    quiz = user_quiz or report
    said = ask_all(engine, form, quiz, learner, journal)
    known = right_ones(probe, base_answers(engine, form, probe, journal))
    probed = ask_all(engine, form, known, learner, journal)
    still = right_ones(earlier, ask_all(engine, form, earlier, parent, journal).routed) if parent else ()
    scores = Scores(
        "user" if user_quiz else "self", score(quiz, said.base), score(quiz, said.routed),
        score(known, probed.routed), score(known, probed.always_on),
        score(still, ask_all(engine, form, still, learner, journal).routed), gained.value, gained.standard_error,
    )  # fmt: skip
    return scores, answered(quiz, said)
