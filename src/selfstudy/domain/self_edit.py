"""A self-edit: what the editor wrote for a passage, and the rows it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field

from selfstudy.domain.directives import Directives
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

    `directives` is how it asks to be trained on, where its format or whoever chose it has that say. `impossible` says
    why it cannot be carried out as it asks; there are no rows then.
    """

    passage: str
    format: str
    rows: tuple[Row, ...]
    dropped: tuple[Dropped, ...] = ()
    directives: Directives = field(default_factory=Directives)
    impossible: str | None = None

    @property
    def identity(self) -> str:
        texts = [f"{r.prompt}\x1f{r.target}\x1f{r.weight}" for r in self.rows]
        asked = [self.directives.text] if self.directives else []
        return content_hash("self_edit", self.passage, self.format, *texts, *asked)
