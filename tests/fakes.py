"""Stand-ins for a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.self_edits.contract import WriteRequest


@dataclass(frozen=True)
class Editor:
    """Says the same to every request, and finds everything equally likely."""

    says: str = ""

    def __call__(self, requests: Sequence[WriteRequest]) -> list[str]:
        return [self.says for _ in requests]

    def likelihoods(self, requests: Sequence[WriteRequest]) -> list[float]:
        return [0.0 for _ in requests]

    def read(self, asked: Sequence[tuple[str, str]]) -> list[str]:
        return [self.says for _ in asked]
