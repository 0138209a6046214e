"""What an editor learns from: a passage with notes that somebody wrote for it."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row


@dataclass(frozen=True)
class Lesson:
    """`notes` are question–answer rows whose answers stand in the passage."""

    passage: Passage
    notes: tuple[Row, ...]
