"""One training sequence as token ids: what `models.chat` makes of a `Row`, and what the engine trains on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from selfstudy.domain.row import LossKind

_MASS_TOLERANCE = 1e-3  # a teacher's probabilities may come from half precision


@dataclass(frozen=True)
class TokenTargets:
    """A teacher's top-k distribution for the token at `position`; what is left of the mass is one tail bucket.

    `ids` and `logprobs` (natural log, each at most 0) have equal length k.
    """

    position: int
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]

    def __post_init__(self) -> None:
        where = f"token targets at position {self.position}"
        if self.position < 1:
            raise ValueError(f"{where}: the first token has nothing before it; positions start at 1")
        if not self.ids or len(self.ids) != len(self.logprobs):
            raise ValueError(
                f"{where}: {len(self.ids)} ids and {len(self.logprobs)} logprobs; give equally many, not 0"
            )
        if len(set(self.ids)) != len(self.ids) or min(self.ids) < 0:
            raise ValueError(f"{where}: ids must be distinct and not negative")
        if not all(value <= _MASS_TOLERANCE for value in self.logprobs):  # NaN fails too
            raise ValueError(f"{where}: logprobs must be numbers of at most 0")
        if (mass := sum(math.exp(value) for value in self.logprobs)) > 1 + _MASS_TOLERANCE:
            raise ValueError(f"{where}: the probabilities add up to {mass:.4f}, which is above 1")


@dataclass(frozen=True)
class TokenRow:
    """Token ids with a weight each; weights[i] > 0 means that the model is trained to predict ids[i] from ids[:i].

    `targets` (loss "kl" only) holds one entry for each trained position, in order; None until a teacher filled it in.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    loss: LossKind = "cross_entropy"
    targets: tuple[TokenTargets, ...] | None = None

    def __post_init__(self) -> None:
        if not self.ids:
            raise ValueError("token row: it has no ids")
        if len(self.ids) != len(self.weights):
            raise ValueError(f"token row: {len(self.ids)} ids but {len(self.weights)} weights; give one weight an id")
        if min(self.ids) < 0:
            raise ValueError(f"token row: id {min(self.ids)} is negative")
        if not all(0 <= weight < math.inf for weight in self.weights):  # NaN fails too
            raise ValueError("token row: weights must be finite and not negative")
        if self.weights[0] != 0:
            raise ValueError(f"token row: weights[0] is {self.weights[0]}; it must be 0, nothing comes before ids[0]")
        if self.loss not in ("cross_entropy", "kl"):
            raise ValueError(f"token row: loss {self.loss!r} is unknown; use 'cross_entropy' or 'kl'")
        if self.targets is None:
            return
        if self.loss != "kl":
            raise ValueError(f"token row: targets are given but the loss is {self.loss!r}; only 'kl' takes targets")
        positions = tuple(target.position for target in self.targets)
        if positions != self.trained:
            raise ValueError(
                f"token row: targets at {_few(positions)}, but the trained positions are {_few(self.trained)}"
            )

    @property
    def trained(self) -> tuple[int, ...]:
        """Positions with a weight above 0, ascending."""
        return tuple(position for position, weight in enumerate(self.weights) if weight > 0)


def _few(positions: tuple[int, ...]) -> str:
    return f"{list(positions[:8])}" + (f" and {len(positions) - 8} more" if len(positions) > 8 else "")
