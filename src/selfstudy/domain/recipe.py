"""How an adapter is trained: the update recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from selfstudy.domain.shares import check_shares

Schedule = Literal["linear", "constant", "cosine"]
QV = ("q_proj", "v_proj")
ALL_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class UpdateRecipe:
    """Settings of one inner-loop run. Defaults are SEAL's single-passage recipe (paper, appendix B.2; reference code).

    `layers` limits the adapter to layers [first, last); None adapts all of them.
    `max_steps` cuts a run short (early stop, a race's smaller budget) without changing the schedule it follows.
    `averaged` is the share of the steps, the last ones, whose weights the adapter is the mean of (A and B each; after
    stochastic weight averaging, arXiv 1803.05407); 0 gives the weights of the last step.
    """

    rank: int = 32
    alpha: float = 64.0
    targets: tuple[str, ...] = QV
    layers: tuple[int, int] | None = None
    learning_rate: float = 1e-3
    schedule: Schedule = "linear"
    warmup_steps: int = 0
    epochs: int = 10
    rows_per_step: int = 1
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    max_steps: int | None = None
    shuffle: bool = True
    averaged: float = 0.0

    def steps_averaged(self, steps: int) -> int:
        """Over how many of `steps` steps the adapter is the mean; 1 is the last one alone."""
        return max(1, round(self.averaged * steps))

    def __post_init__(self) -> None:
        if self.rank < 1 or self.epochs < 1 or self.rows_per_step < 1:
            raise ValueError(
                f"recipe: rank {self.rank}, epochs {self.epochs}, rows_per_step {self.rows_per_step}: "
                "each must be at least 1"
            )
        check_shares("recipe", averaged=self.averaged)
        if not self.learning_rate > 0:
            raise ValueError(f"recipe: learning_rate {self.learning_rate} must be above 0")
        if not self.targets:
            raise ValueError("recipe: targets is empty; name at least one projection, for example q_proj")
        if self.layers is not None and not 0 <= self.layers[0] < self.layers[1]:
            raise ValueError(f"recipe: layers {self.layers} must be [first, last) with first < last")
