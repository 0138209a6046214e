"""A document as it was read: its text, and the passages it falls into."""

from __future__ import annotations

from dataclasses import dataclass, replace

from selfstudy.domain.identity import content_hash
from selfstudy.domain.passage import Passage


@dataclass(frozen=True)
class Document:
    """`name` is what the user calls it: two readings of one name are the older and the newer state of one document.

    `source` is the full path of its file, and "#" with its place there if the file holds several; "" if not known.
    """

    name: str
    passages: tuple[Passage, ...]
    source: str = ""

    def named(self, name: str) -> Document:
        """The same document called `name`."""
        return replace(self, name=name, passages=tuple(replace(p, document=name) for p in self.passages))

    @property
    def identity(self) -> str:
        """Of what there is to be learned: the same passages are the same document, whatever file they came from."""
        return content_hash("document", *(p.identity for p in self.passages))
