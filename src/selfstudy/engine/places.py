"""Copies of slots' parameters, for the passes of a step: what they read, and the gradients that they leave."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


class Places:
    """P places in `flat`, each for one slot's flat parameters, which are cut into parts of `sizes`.

    Part by part, of all places: the matrices that a batched product takes from neighbouring places are one stretch of
    memory. In places that are rows of [P, F] they would lie F apart, and each product would first copy them together.
    """

    def __init__(self, flat: Tensor, sizes: Sequence[int]) -> None:
        count = flat.numel() // sum(sizes)
        self.parts = tuple(part.view(count, -1) for part in flat.split([count * size for size in sizes]))

    def pieces(self, place: int, parts: slice = slice(None)) -> list[Tensor]:
        """The parts of a place, each [size], in order."""
        return [part[place] for part in self.parts[parts]]
