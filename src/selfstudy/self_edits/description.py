"""Descriptions of answers, written by the editor and turned into questions.

A small model words a question for a given answer badly, but it continues `"14 florins" is the` with "price of the
ticket" as readily as any sentence; "What is the price of the ticket?" then follows by rule. A description that would
follow another span of the sentence as well ("the name of the first owner") says nothing and is dropped (filters.apart).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import Choice, WriteRequest
from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import STOP, readable

_PROMPT = Path(__file__).parent / "prompts" / "description.txt"
_OPENINGS = {"number": ("",), "name": ("", " person who", " place where"), "code": ("",), "phrase": ("",)}
_RIVALS = 4
_HEADS = frozenset(
    "name time number amount price cost day date year colour color size width length height age place person reason "
    "thing material subject kind type part command file code job title word way limit owner maker founder leader "
    "author period sum unit town".split()
)


@dataclass(frozen=True)
class Description:
    """One request an answer span and opening; `samples` does not count here, the greedy continuation is taken."""

    name: str = "description"

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        examples = _PROMPT.read_text(encoding="utf-8")
        subject = subject_of(passage.title, passage.text)
        out = []
        for sentence in filter(readable, passage.sentences):
            text = " ".join(sentence.split())
            spans = [span for span in answer_spans(sentence, subject) if span.worth]
            for span in spans:
                rivals = tuple(other.text for other in spans if other is not span)[:_RIVALS]
                for opening in _OPENINGS[span.kind]:
                    prompt = f'{examples}Text: {text}\n"{span.text}" is the{opening}'
                    out.append(WriteRequest(prompt, 14, "\n", sentence=text, answer=span.text, rivals=rivals))
        return tuple(out)

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        answer = request.answer or ""
        described = request.prompt.rsplit(f'"{answer}" is the', 1)[-1] + completion.rstrip()
        if not described.endswith(".") or not _grounded(described, f"{request.sentence} {passage.title}"):
            return ()
        described = " ".join(described.split()).rstrip(".")
        if _stems(answer) <= _stems(described):
            return ()
        subject = subject_of(passage.title, passage.text)
        asked = "Who is the" if described.startswith("person") else "What is the"
        about = "" if _stems(subject) <= _stems(described) else f" at {subject}"
        return (Row.question_answer(f"{asked} {described}{about}?", answer, origin=self.name),)

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        return ()

    def given(self, passage: Passage) -> tuple[Row, ...]:
        return ()


def _grounded(described: str, text: str) -> bool:
    """True if all words of content stand in the text, but for a general noun that may open the description."""
    words = [w for w in re.findall(r"[\w'-]+", described.casefold()) if w not in STOP]
    body = words[1:] if words and words[0] in _HEADS else words
    known = _stems(text)
    return bool(body) and all(_stem(w) in known for w in body)


def _stems(text: str) -> set[str]:
    return {_stem(w) for w in re.findall(r"[\w'-]+", text.casefold()) if w not in STOP}


def _stem(word: str) -> str:
    """Crude on purpose: "opened", "opens" and "opening" are one word here."""
    return re.sub(r"(?:ies|es|s|ed|ing|er)$", "", word)[:6]
