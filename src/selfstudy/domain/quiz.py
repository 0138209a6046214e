"""Questions with their accepted answers."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question, the answers that count as right, and the document it is about (None where unknown)."""

    text: str
    answers: tuple[str, ...]
    document: str | None = None

    def accepts(self, said: str) -> bool:
        """True if one accepted answer occurs in `said` on word boundaries, case folded."""
        folded = said.casefold()
        return any(
            re.search(rf"(?<!\w){re.escape(answer.casefold())}(?!\w)", folded) is not None for answer in self.answers
        )


Quiz = tuple[Question, ...]
