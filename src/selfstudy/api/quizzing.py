"""Ways of answering a quiz with documents at hand: what a version, which has none, stands beside."""

from __future__ import annotations

from collections.abc import Sequence

from selfstudy.api.results import Asked
from selfstudy.domain.document import Document
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answers
from selfstudy.retrieval.bm25 import best_passages


def open_book(engine: EngineContract, form: PromptForm, quiz: Quiz, documents: Sequence[Document]) -> Asked:
    """With the question's document in context, with all of them where it names none."""
    whole = {d.name: "\n\n".join(p.context for p in d.passages) for d in documents}
    everything = "\n\n".join(whole.values())
    return _with(engine, form, quiz, [whole.get(q.document or "", everything) for q in quiz])


def retrieval(engine: EngineContract, form: PromptForm, quiz: Quiz, documents: Sequence[Document]) -> Asked:
    """With the passage in context that BM25 ranks first; there must be one."""
    best = best_passages([p for d in documents for p in d.passages], [q.text for q in quiz])
    return _with(engine, form, quiz, [p.context for p in best])


def _with(engine: EngineContract, form: PromptForm, quiz: Quiz, contexts: Sequence[str]) -> Asked:
    return Asked.of(quiz, answers(engine, form, [q.text for q in quiz], contexts=contexts))
