"""Put questions to the base or to adapters: greedy answers, and the likelihood of known answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.engine.contract import EngineContract, GenerateRequest, ScoreRequest

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

ANSWER_TOKENS = 24


def answers(
    engine: EngineContract,
    form: PromptForm,
    questions: Sequence[str],
    adapters: tuple[Adapter, ...] = (),
    contexts: Sequence[str | None] | None = None,
    max_new_tokens: int = ANSWER_TOKENS,
) -> list[str]:
    """Greedy answers; closed-book, or open-book where `contexts` gives a passage."""
    contexts = [None] * len(questions) if contexts is None else contexts
    requests = [
        GenerateRequest(form.question_prompt(q, c), max_new_tokens, form.stop_ids, adapters)
        for q, c in zip(questions, contexts, strict=True)
    ]
    return [form.decode(g.ids).strip() for g in engine.generate(requests)]


def spoken_answer(
    engine: EngineContract,
    form: PromptForm,
    question: str,
    adapters: tuple[Adapter, ...],
    speak: Callable[[str], None],
    max_new_tokens: int,
) -> str:
    """One greedy closed-book answer; `speak` gets its text piece by piece as it is generated."""
    spoken = ""

    def watch(ids: Sequence[int]) -> None:
        nonlocal spoken
        text = form.decode(tuple(ids)).lstrip()
        # A character may take several tokens; until it is whole, the decoder shows a replacement character.
        if not text.endswith("\ufffd") and text.startswith(spoken):
            speak(text[len(spoken) :])
            spoken = text

    asked = form.question_prompt(question)
    (reply,) = engine.generate([GenerateRequest(asked, max_new_tokens, form.stop_ids, adapters, watch=watch)])
    said = form.decode(reply.ids).lstrip()
    speak(said[len(spoken) :])
    return said.strip()


def answer_likelihoods(
    engine: EngineContract, form: PromptForm, asked: Sequence[tuple[Question, tuple[Adapter, ...]]]
) -> list[float]:
    """Mean log-probability a token (nats) of each question's first accepted answer, closed-book."""
    requests = []
    for question, adapters in asked:
        row = form.encode(Row.question_answer(question.text, question.answers[0]))
        # The end of turn, the last trained position, is left out: how a reply ends is not what is asked.
        requests.append(ScoreRequest(row.ids[: row.trained[-1]], row.trained[0], adapters))
    return [score.mean for score in engine.score(requests)]
