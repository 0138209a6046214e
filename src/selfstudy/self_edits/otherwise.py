"""Questions of notes, worded otherwise by an editor that was taught to.

A model that sees a fact in one wording only learns the wording; several make it learn the fact (LOG.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.asking import context_of, reasking_prompt, sentence_holding, span_of
from selfstudy.self_edits.contract import Writer, WriteRequest
from selfstudy.self_edits.filters import fault
from selfstudy.self_edits.subject import subject_of

_SAME = 95.0
_TEMPERATURE = 0.8

Wordings = dict[str, tuple[str, ...]]
"""By a question, further questions for the same answer."""


def word_otherwise(passages: Sequence[Passage], rows: Sequence[Row], writer: Writer, *, samples: int) -> Wordings:
    """At most `samples` further wordings a question, the first greedy; those with a fault by rule are left out.

    A row without a question, or whose answer stands in no passage, gets none.
    """
    asked: list[tuple[Row, Passage, WriteRequest]] = []
    for row in rows:
        found = _place(passages, row) if row.prompt else None
        if found is None:
            continue
        passage, index = found
        context = context_of(passage.sentences, index)
        prompt = reasking_prompt(passage.title, context, span_of(row.target), row.prompt)
        asked += [
            (
                row,
                passage,
                WriteRequest(
                    prompt, 28, "\n", _TEMPERATURE if sample else 0.0, 0.95, teachable=True,
                    sentence=passage.sentences[index], answer=row.target,
                ),
            )
            for sample in range(samples)
        ]  # fmt: skip
    completions = writer([request for _, _, request in asked]) if asked else []
    found_by: dict[str, list[str]] = {}
    for (row, passage, request), completion in zip(asked, completions, strict=True):
        question = " ".join(completion.split())
        known = found_by.setdefault(row.prompt, [])
        other = Row.question_answer(question, row.target)
        if (
            question.endswith("?")
            and not any(fuzz.ratio(question, old) >= _SAME for old in (row.prompt, *known))
            and not fault(other, request, passage, subject_of(passage.title, passage.text))
        ):
            known.append(question)
    return {question: tuple(others) for question, others in found_by.items() if others}


def _place(passages: Sequence[Passage], row: Row) -> tuple[Passage, int] | None:
    """The sentence that the row is about, looked for in every passage; the best passage is that with the best one."""
    best: tuple[int, Passage, int] | None = None
    words = set(row.prompt.casefold().split())
    for passage in passages:
        index = sentence_holding(passage.sentences, row.prompt, row.target)
        if index is not None:
            shared = len(words & set(f"{passage.title} {passage.sentences[index]}".casefold().split()))
            if best is None or shared > best[0]:
                best = (shared, passage, index)
    return best[1:] if best else None
