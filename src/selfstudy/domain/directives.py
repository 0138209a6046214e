"""Update directives: how a self-edit asks to be trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UpdateRule = Literal["sft", "distil"]
"""What rows teach: their own tokens, or what the base would predict there with the passage open."""
UPDATE_RULES: tuple[UpdateRule, ...] = ("sft", "distil")

LOWEST_RATE, HIGHEST_RATE = 1e-5, 1e-2
MOST_EPOCHS = 20
"""A self-edit may ask for learning rates from lowest to highest, and for 1 to so many epochs, the paper's greatest. Its
rates lie from 1e-4 to 2e-3; ours are a decade or more wider."""


@dataclass(frozen=True)
class Directives:
    """Settings of the update that a self-edit decides; None leaves one to the recipe.

    Raises ValueError for one that is out of bounds.
    """

    learning_rate: float | None = None
    epochs: int | None = None
    rule: UpdateRule | None = None

    def __post_init__(self) -> None:
        if self.learning_rate is not None and not LOWEST_RATE <= self.learning_rate <= HIGHEST_RATE:
            raise ValueError(
                f"directives: learning rate {self.learning_rate:g} must lie from {LOWEST_RATE:g} to {HIGHEST_RATE:g}"
            )
        if self.epochs is not None and not 1 <= self.epochs <= MOST_EPOCHS:
            raise ValueError(f"directives: epochs {self.epochs} must lie from 1 to {MOST_EPOCHS}")
        if self.rule is not None and self.rule not in UPDATE_RULES:
            raise ValueError(f"directives: rule {self.rule!r} is unknown; use {' or '.join(UPDATE_RULES)}")

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def text(self) -> str:
        """As a self-edit says it: "learning rate: 0.001, epochs: 5, rule: sft"; "" if nothing is asked for."""
        asked = {"learning rate": self.learning_rate, "epochs": self.epochs, "rule": self.rule}
        return ", ".join(f"{name}: {value}" for name, value in asked.items() if value is not None)
