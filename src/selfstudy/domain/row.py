"""One training sequence as text. `models.chat` turns it into token ids with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["plain", "system", "user", "assistant"]
LossKind = Literal["cross_entropy", "kl"]


@dataclass(frozen=True)
class Segment:
    """A stretch of a row. `role` "plain" is raw text; the others are wrapped by the model's chat template.

    A trained assistant segment also trains its end-of-turn token.
    """

    role: Role
    text: str
    trained: bool


@dataclass(frozen=True)
class Row:
    """Segments in order, the row's weight in the loss, and the loss it is for.

    `origin` says where the row comes from (a self-edit format, "general", ...), for reports and filters.
    """

    segments: tuple[Segment, ...]
    weight: float = 1.0
    loss: LossKind = "cross_entropy"
    origin: str = ""

    @classmethod
    def question_answer(cls, question: str, answer: str, *, origin: str = "", weight: float = 1.0) -> Row:
        """A user turn that is not trained on, and an assistant turn that is."""
        return cls((Segment("user", question, False), Segment("assistant", answer, True)), weight=weight, origin=origin)

    @classmethod
    def plain(cls, text: str, *, origin: str = "", weight: float = 1.0) -> Row:
        """Raw text, all of it trained on, as in SEAL's inner loop (paper, section 3.1)."""
        return cls((Segment("plain", text, True),), weight=weight, origin=origin)

    @property
    def prompt(self) -> str:
        return "\n".join(s.text for s in self.segments if not s.trained)

    @property
    def target(self) -> str:
        return "\n".join(s.text for s in self.segments if s.trained)
