"""Complete the sentence: a sentence with an answer span taken out, as a chat turn, and the span as the reply."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import WithoutEditor
from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import readable


@dataclass(frozen=True)
class Cloze(WithoutEditor):
    """Right by construction and free of generation; `facts` rows a passage at most, the most telling spans first."""

    facts: int = 24
    name: str = "cloze"

    def given(self, passage: Passage) -> tuple[Row, ...]:
        subject = subject_of(passage.title, passage.text)
        found = []
        for sentence in passage.sentences:
            for span in answer_spans(sentence, subject) if readable(sentence) else ():
                if span.worth:
                    gap = (
                        sentence[: span.start]
                        + sentence[span.start : span.end].replace(span.text, "___")
                        + sentence[span.end :]
                    )
                    asked = f"About {subject}, complete the sentence: {' '.join(gap.split())}"
                    found.append((span.worth, Row.question_answer(asked, span.text, origin=self.name)))
        found.sort(key=lambda item: -item[0])
        return tuple(row for _, row in found[: self.facts])
