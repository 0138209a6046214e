"""A document as it was read: its text, and the passages it falls into."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.identity import content_hash
from selfstudy.domain.passage import Passage


@dataclass(frozen=True)
class Document:
    """`name` is what the user calls it: two readings of one name are the older and the newer state of one document."""

    name: str
    passages: tuple[Passage, ...]

    @property
    def identity(self) -> str:
        """Of what there is to be learned: the same passages are the same document, whatever file they came from."""
        return content_hash("document", *(p.identity for p in self.passages))
