"""A token sequence in the making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from selfstudy.models.encoder import Encoder


@dataclass
class Tape:
    """Ids and weights, written left to right.

    Untrained texts that meet (a template's words and a document's) are encoded as one, as the tokenizer would; a border
    between untrained and trained text is always a border between tokens, so that a prompt is a prefix of its row.
    """

    encoder: Encoder
    ids: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    _tail: str = ""  # text since the last control token, encoded already
    _pending: str = ""  # untrained text, not encoded yet

    def control(self, index: int, weight: float = 0.0) -> None:
        self.flush()
        self.ids.append(index)
        self.weights.append(weight)
        self._tail = ""

    def text(self, text: str, weight: float = 0.0) -> None:
        if weight > 0:
            self.flush()
            self._write(text, weight)
        else:
            self._pending += text

    def parts(self, parts: Sequence[int | str]) -> None:
        """A template's control tokens and the text between them, untrained."""
        for part in parts:
            if isinstance(part, int):
                self.control(part)
            else:
                self.text(part)

    def flush(self) -> None:
        """Ends the token: what comes next does not merge with what came before."""
        pending, self._pending = self._pending, ""
        self._write(pending, 0.0)

    def anew(self) -> None:
        """What comes next is encoded as at the very start of a text."""
        self.flush()
        self._tail = ""

    def _write(self, text: str, weight: float) -> None:
        if text:
            ids = self.encoder.text(text, self._tail)
            self.ids.extend(ids)
            self.weights.extend([weight] * len(ids))
            self._tail += text
