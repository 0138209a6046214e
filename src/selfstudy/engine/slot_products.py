"""What a training pass computes of the low-rank updates of its slots: the interface, and where gradients are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor


@dataclass
class Gradients:
    """Where the gradients of A [K, n r, I] and of each B [K, O, r] are left. `written` turns true with a pass's first
    write; later ones add."""

    a_KnI: Tensor
    b_KOr: tuple[Tensor, ...]
    written: bool = False


class SlotProducts(Protocol):
    """Products with each token's own slot's A, B and scale, for n projections that read the same input. A hold the A
    of all n below each other, inner states theirs side by side. What `add` returns, `back` is given as `kept`."""

    def add(self, input_TI: Tensor, a_KnI: Tensor, b_KOr: Sequence[Tensor], into: Sequence[Tensor]) -> Any:
        """Add scale (x Aᵀ) Bᵀ to each of the n outputs [T, O]."""

    def back(
        self, kept: Any, a_KnI: Tensor, b_KOr: Sequence[Tensor], grads: Sequence[Tensor], grad_TI: Tensor | None,
        into: Gradients,
    ) -> None:  # fmt: skip
        """From the outputs' gradients: add the input's to `grad_TI`, and leave those of A and B."""
