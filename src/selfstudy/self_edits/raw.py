"""The passage itself, as SEAL trains it: title, newline, text in one plain row; on request a row a sentence too."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import WithoutEditor


@dataclass(frozen=True)
class Raw(WithoutEditor):
    """Passage-only training: the baseline that self-edits have to beat."""

    sentences: bool = False
    name: str = "raw"

    def given(self, passage: Passage) -> tuple[Row, ...]:
        texts = [f"{passage.title}\n{passage.text}"]
        if self.sentences:
            texts += [f"{passage.title}\n{' '.join(s.split())}" for s in passage.sentences]
        return tuple(Row.plain(text, origin=self.name) for text in texts)
