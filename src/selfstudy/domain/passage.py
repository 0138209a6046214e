"""What is to be learned: a document, and the passage of it that one self-edit covers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selfstudy.domain.identity import content_hash

SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[`]*[A-Z0-9`])")


@dataclass(frozen=True)
class Passage:
    """A piece of a document that fits one self-edit.

    `document` is the name of the file it came from, `title` the heading it stands under.
    """

    document: str
    title: str
    text: str

    @property
    def identity(self) -> str:
        return content_hash("passage", self.title, self.text)

    @property
    def context(self) -> str:
        """The passage as it is put before a question that is asked open-book."""
        return f"{self.title}\n\n{self.text}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The passage's sentences in order; paragraphs and bullet lines end a sentence too."""
        found: list[str] = []
        for block in re.split(r"\n\s*\n|\n(?=\s*[-*] )", self.text):
            flat = " ".join(block.split())
            found.extend(piece for piece in SENTENCE_END.split(flat) if piece)
        return tuple(found)
