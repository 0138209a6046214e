"""Keeps what an editor is taught from being one text again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.self_edits.diversity import compression, overlap


@dataclass(frozen=True)
class Guard:
    """A completion is refused if it compresses below `least_compression` (it goes round in circles; plain English of
    this length stays above 0.4) or shares more than `most_overlap` of its word pairs with one accepted for another
    passage (it says what it says whatever the passage). An empty completion teaches nothing and is refused too.
    """

    least_compression: float = 0.25
    most_overlap: float = 0.6

    def admits(self, text: str, accepted: Sequence[str]) -> bool:
        if not text.strip() or compression(text) < self.least_compression:
            return False
        return all(overlap(text, other) <= self.most_overlap for other in accepted)
