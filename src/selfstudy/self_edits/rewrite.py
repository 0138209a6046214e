"""The passage said again in other words, sentence by sentence; each new wording is a plain row under the title."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import Choice, WriteRequest

_PROMPT = Path(__file__).parent / "prompts" / "rewrite.txt"


@dataclass(frozen=True)
class Rewrite:
    """Weak models lose the thread over a whole passage, so each sentence is rewritten by itself."""

    with_passage: bool = True
    temperature: float = 0.7
    name: str = "rewrite"

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        examples = _PROMPT.read_text(encoding="utf-8")
        out = []
        for sentence in passage.sentences:
            text = " ".join(sentence.split())
            prompt = f"Title: {passage.title}\nText: {text}\nAgain:"
            for sample in range(samples):
                heat = self.temperature if sample else 0.0
                out.append(WriteRequest(prompt, 64, "\n", heat, 0.95, examples, sentence=text))
        return tuple(out)

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        text = completion.strip().split("\n")[0]
        if len(text.split()) < 4 or text == request.sentence:
            return ()
        return (Row.plain(f"{passage.title}\n{text}", origin=self.name),)

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        return ()

    def given(self, passage: Passage) -> tuple[Row, ...]:
        return (Row.plain(f"{passage.title}\n{passage.text}", origin="raw"),) if self.with_passage else ()
