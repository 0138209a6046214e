"""How text becomes token ids, for rooms that know no tokenizer. `models.chat.ChatForm` is the implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from selfstudy.domain.row import Row, Segment
from selfstudy.domain.token_row import TokenRow


class PromptForm(Protocol):
    """The one prompt form that serves training, quiz and asking."""

    @property
    def stop_ids(self) -> tuple[int, ...]: ...

    @property
    def end_of_turn(self) -> int: ...

    def encode(self, row: Row, context: str | None = None) -> TokenRow: ...

    def prompt(self, segments: Sequence[Segment]) -> tuple[int, ...]: ...

    def question_prompt(self, question: str, context: str | None = None) -> tuple[int, ...]: ...

    def plain(self, text: str) -> tuple[int, ...]: ...

    def decode(self, ids: Sequence[int]) -> str: ...
