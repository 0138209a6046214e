"""A self-edit: what the editor wrote for a passage, and the rows it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from selfstudy.domain.identity import content_hash
from selfstudy.domain.row import Row


@dataclass(frozen=True)
class Dropped:
    """A row that a filter removed, with the filter's name and reason."""

    row: Row
    reason: str


@dataclass(frozen=True)
class SelfEdit:
    """Rows written for one passage in one format, with those that filters dropped and why.

    `directives` are update settings the edit carries (learning rate, epochs, ...), where its format has them.
    """

    passage: str
    format: str
    rows: tuple[Row, ...]
    dropped: tuple[Dropped, ...] = ()
    directives: Mapping[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        texts = [f"{r.prompt}\x1f{r.target}\x1f{r.weight}" for r in self.rows]
        return content_hash("self_edit", self.passage, self.format, *texts)
