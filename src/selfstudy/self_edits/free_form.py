"""SEAL's own way of writing self-edits: one prompt a passage, the completion cut into plain rows by rule.

The intents and cues are those of the paper's prompts (appendix B.11 of the second version), the wording is ours; rows
are cut as its reference code cuts them for single passages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import Dropped, SelfEdit

_PROMPTS = Path(__file__).parent / "prompts" / "free_form"
MOST_ROWS = 30
"""Rows of one completion, as in the second version of the reference code."""
_NUMBER = re.compile(r"^\s*(?:[-*]|\d+[.)]|Question \d+:)\s*")
_QUESTION = re.compile(r"(?=Question \d+:)")


@dataclass(frozen=True)
class FreeForm:
    """A prompt by name. `cue` is the heading that the editor goes on from; with `is_question` it begins a question."""

    name: str
    cue: str = ""
    is_question: bool = False

    def instruction(self, passage: Passage) -> str:
        """What the editor is told, up to the cue."""
        text = (_PROMPTS / f"{self.name}.txt").read_text(encoding="utf-8")
        return text.replace("{title}", passage.title).replace("{text}", passage.text)

    @property
    def plain_cue(self) -> str:
        """The cue as it ends a plain text."""
        return self.cue if self.is_question or not self.cue else f"{self.cue}\n"

    @property
    def reply_cue(self) -> str:
        """The cue as it begins a chat model's reply: with the first number of a list, since otherwise small ones write
        about the task."""
        return self.cue if self.is_question or not self.cue else f"{self.cue}\n1."

    def edit(self, passage: Passage, completion: str, quiz: Quiz = ()) -> SelfEdit:
        """The self-edit of a completion: a row a line under the title, and the passage as the last row.

        Lines that only repeat an earlier one under another number, as small models write by the dozen, and rows that
        hold a question of `quiz` word for word are dropped.
        """
        kept: list[Row] = []
        dropped: list[Dropped] = []
        said: set[str] = set()
        for text in self.texts(completion):
            row = Row.plain(f"{passage.title}\n{text}", origin=self.name)
            plain = _plain(_NUMBER.sub("", text))
            if plain in said:
                dropped.append(Dropped(row, "duplicate: another row says the same"))
            elif holds_question(row, quiz):
                dropped.append(Dropped(row, "repeats a quiz question"))
            else:
                said.add(plain)
                kept.append(row)
        last = Row.plain(f"{passage.title}\n{passage.text}", origin="raw")
        return SelfEdit(passage.identity, self.name, (*kept, last), tuple(dropped))

    def texts(self, completion: str) -> list[str]:
        """The pieces of a completion, at most `MOST_ROWS`."""
        if "Answer:" in completion and (self.is_question or _QUESTION.search(completion)):
            text = completion.strip()
            if self.is_question and not text.startswith(self.cue):
                text = f"{self.cue} {text}"
            pieces = [piece.strip() for piece in _QUESTION.split(text)]
            return [piece for piece in pieces if piece][:MOST_ROWS]
        found: list[str] = []
        for segment in completion.split("---"):
            lines = [line.strip() for line in segment.splitlines() if line.strip()]
            if len(lines) > 1 and lines[1].startswith("1."):
                lines = lines[1:]  # what the editor says before its list
            found += lines
        return found[:MOST_ROWS]


def holds_question(row: Row, quiz: Quiz) -> bool:
    """True if a question of `quiz` stands in the row, case and white space aside."""
    text = _plain(f"{row.prompt} {row.target}")
    return any(_plain(question.text) in text for question in quiz)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
