"""Questions in the editor's own words: answer spans by rule, and for each the editor words what it answers.

An editor taught on notes of other documents (`outer_loop.teach`) words about as a person does, where rules repeat the
document's phrases; a learner trained on both answers questions that are worded otherwise than the document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.asking import asking_examples, asking_prompt, context_of
from selfstudy.self_edits.contract import Choice, WriteRequest
from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import readable

_RIVALS = 4


@dataclass(frozen=True)
class Questions:
    """`samples` questions a span, the first greedy, for the `facts` most telling spans of a passage."""

    facts: int = 18
    temperature: float = 0.6
    name: str = "questions"

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        subject, examples = subject_of(passage.title, passage.text), asking_examples()
        found: list[tuple[float, WriteRequest]] = []
        for index, sentence in enumerate(passage.sentences):
            spans = [s for s in answer_spans(sentence, subject) if s.worth] if readable(sentence) else []
            context = context_of(passage.sentences, index)
            prompts = [asking_prompt(passage.title, context, span.text) for span in spans]
            for span, prompt in zip(spans, prompts, strict=True):
                # "folder" is no rival of "grout": a question for a name may fit the plain noun beside it as well.
                rivals = [
                    p for p, other in zip(prompts, spans, strict=True) if p != prompt and 2 * other.worth >= span.worth
                ]
                request = WriteRequest(
                    prompt, 28, "\n", top_p=0.95, examples=examples, teachable=True, sentence=sentence,
                    answer=span.text, rivals=tuple(rivals[:_RIVALS]),
                )  # fmt: skip
                found.append((span.worth, request))
        found.sort(key=lambda item: -item[0])  # stable: facts of equal worth stay in reading order
        return tuple(
            replace(request, temperature=self.temperature if sample else 0.0)
            for _, request in found[: self.facts]
            for sample in range(samples)
        )

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        question = " ".join(completion.split())
        if not question.endswith("?") or not request.answer:
            return ()
        return (Row.question_answer(question, request.answer, origin=self.name),)

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        return ()

    def given(self, passage: Passage) -> tuple[Row, ...]:
        return ()
