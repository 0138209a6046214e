"""SEAL's own format: a list of implications of the passage, each line a plain row under the title."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import Choice, WriteRequest

_PROMPT = Path(__file__).parent / "prompts" / "implications.txt"


@dataclass(frozen=True)
class Implications:
    """`split`: a row a line, as SEAL's single-passage runs do; otherwise the whole list is one row."""

    split: bool = True
    with_passage: bool = True
    temperature: float = 0.7
    name: str = "implications"

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        text = " ".join(passage.text.split())
        examples = _PROMPT.read_text(encoding="utf-8")
        prompt = f"Title: {passage.title}\nText: {text}\nImplications:\n-"
        greedy = WriteRequest(prompt, max_new_tokens=192, stop="\n\n", examples=examples)
        sampled = replace(greedy, temperature=self.temperature, top_p=0.95)
        return (greedy, *(sampled for _ in range(samples - 1)))[:samples]

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        lines = [re.sub(r"^\s*(?:[-*]|\d+[.)])\s*", "", line).strip() for line in completion.split("\n")]
        lines = [line for line in lines if len(line.split()) >= 3]
        if not lines:
            return ()
        texts = lines if self.split else ["\n".join(lines)]
        return tuple(Row.plain(f"{passage.title}\n{text}", origin=self.name) for text in texts)

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        return ()

    def given(self, passage: Passage) -> tuple[Row, ...]:
        return (Row.plain(f"{passage.title}\n{passage.text}", origin="raw"),) if self.with_passage else ()
