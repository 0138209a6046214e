"""Questions with short answers: answer spans by rule, wordings by grammar, the choice among them by the model.

With `free` above 0 the editor also writes pairs of its own, sentence by sentence; they are kept where it gives the same
answer again with the passage open (see filters.open_book_agreement).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import Choice, WriteRequest
from selfstudy.self_edits.spans import Span, answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import readable
from selfstudy.self_edits.wording.referents import Referents, last_person
from selfstudy.self_edits.wording.wordings import wordings

_PROMPT = Path(__file__).parent / "prompts" / "question_answer.txt"
_FRAMES = ("at", "of", "in", "with", "for")
_LIKELY = 0.3
_OPENERS = {
    "number": ("How many", "When", "How long"),
    "name": ("Who", "Where", "Which"),
    "code": ("Which", "What"),
    "phrase": ("What", "Which"),
}


@dataclass(frozen=True)
class QuestionAnswer:
    """`facts`: answers a passage at most, the most telling first. `free`: questions the editor writes a sentence."""

    facts: int = 18
    free: int = 0
    name: str = "question_answer"

    def given(self, passage: Passage) -> tuple[Row, ...]:
        return ()

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        subject = subject_of(passage.title, passage.text)
        sentences = passage.sentences
        names = frozenset(w for s in sentences for w in re.findall(r"[\w'’-]+", s)[1:] if w[0].isupper()) - _common(
            sentences
        )
        found: list[tuple[Span, tuple[tuple[str, ...], ...]]] = []
        person, before = "", ""
        for sentence in sentences:
            person = last_person([before], subject) or person
            before = sentence
            for span in answer_spans(sentence, subject) if readable(sentence) else ():
                referents = Referents(subject, person, last_person([sentence[: span.start]], subject), names)
                groups = wordings(sentence, span, referents) if span.worth else ()
                if groups:
                    found.append((span, groups))
        # A stable sort: facts of equal worth stay in reading order.
        best = sorted(found, key=lambda item: -item[0].worth)[: self.facts]
        out = []
        for fact, (span, groups) in enumerate(best):
            for form, candidates in enumerate(groups):
                framed = _names(subject, candidates[0])
                frames = () if framed else tuple(f" {preposition} {subject}" for preposition in _FRAMES)
                out.append(Choice(candidates, span.text, frames, fact, form))
        return tuple(out)

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        if not self.free:
            return ()
        examples = _PROMPT.read_text(encoding="utf-8")
        subject = subject_of(passage.title, passage.text)
        out = []
        for sentence in passage.sentences:
            kinds = dict.fromkeys(s.kind for s in answer_spans(sentence, subject) if s.worth >= _LIKELY)
            for opener in [o for kind in kinds for o in _OPENERS[kind]][: self.free]:
                text = " ".join(sentence.split())
                out.append(
                    WriteRequest(
                        f"About: {subject}\nText: {text}\nQuestion: {opener}", examples=examples, sentence=text
                    )
                )
        return tuple(out)

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        opener = request.prompt.rsplit("Question: ", 1)[-1]
        match = re.match(r"([^\n]*\?)\s*\nAnswer:[ \t]*([^\n]+)", completion)
        if match is None:
            return ()
        joint = "" if completion[:1] in (" ", "'", ",") else " "
        question = " ".join(f"{opener}{joint}{match[1]}".split())
        answer = match[2].strip().strip('`"“”').rstrip(".,;")
        return (Row.question_answer(question, answer, origin=self.name),) if answer else ()


def _common(sentences: tuple[str, ...]) -> frozenset[str]:
    """Words that stand somewhere in small letters too: their capital is the sentence's."""
    small = {w for s in sentences for w in re.findall(r"[\w'’-]+", s) if w.islower()}
    return frozenset(w.capitalize() for w in small)


def _names(subject: str, question: str) -> bool:
    words = [w for w in re.findall(r"[\w'-]+", subject.casefold()) if w != "the"]
    return all(w in question.casefold() for w in words)
