"""torch's AdamW over a flat stretch of parameters, chunk by chunk, so that a gradient is widened in the cache.

Wide copies of whole gradients, each in fresh memory, took a twentieth of a training step with all linear layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw

from selfstudy.domain.recipe import UpdateRecipe

CHUNK = 1 << 18
"""Parameters a chunk on a processor, about: 1 MB of each of values, moments and gradient."""


def widened(pieces: list[Tensor], dtype: torch.dtype) -> Iterator[Tensor]:
    """A stretch that is given in `pieces` (flat, of any narrower dtype), joined and in `dtype`, a chunk at a time.

    Each chunk is in the memory of the one before; a GPU gets all at once.
    """
    if not pieces:
        return
    sizes = [piece.numel() for piece in pieces]
    runs = runs_of(sizes, CHUNK if pieces[0].device.type == "cpu" else None)
    buffer = pieces[0].new_empty(max(sum(sizes[run]) for run in runs), dtype=dtype)
    for run in runs:
        whole = buffer[: sum(sizes[run])]
        torch._foreach_copy_(whole.split(sizes[run]), pieces[run])
        yield whole


def runs_of(sizes: Sequence[int], most: int | None) -> list[slice]:
    """Neighbours together that are `most` at most, or one that is larger alone; None: all together."""
    runs, first, total = [], 0, 0
    for number, size in enumerate(sizes):
        if most is not None and total and total + size > most:
            runs.append(slice(first, number))
            first, total = number, 0
        total += size
    return [*runs, slice(first, len(sizes))]


def norm_of(pieces: list[Tensor], master: torch.dtype) -> float:
    """Euclidean norm of `pieces`, summed up in `master`; never is all of a narrower gradient held a second time."""
    wide = pieces if pieces and pieces[0].dtype == master else widened(pieces, master)
    parts = [torch.linalg.vector_norm(each) for each in wide]
    return float(torch.linalg.vector_norm(torch.stack(parts))) if parts else 0.0


class FlatAdamW:
    """Steps `values_f` in place. With tens of millions of parameters a step is bound by the memory it moves."""

    def __init__(self, values_f: Tensor, recipe: UpdateRecipe) -> None:
        self._recipe = recipe
        self._values_f = values_f
        self._first_f, self._second_f = torch.zeros_like(values_f), torch.zeros_like(values_f)
        self._steps = 0

    @torch.no_grad()
    def step(self, pieces: list[Tensor], rate: float, scale: float) -> None:
        """With `scale` times the gradient, given in `pieces` and maybe of a narrower dtype, at learning rate `rate`."""
        start = 0
        for gradient_c in widened(pieces, self._values_f.dtype):
            if scale != 1:
                gradient_c.mul_(scale)
            own = slice(start, start + gradient_c.numel())
            count = torch.full((), float(self._steps), device=gradient_c.device)
            adamw(
                [self._values_f[own]], [gradient_c], [self._first_f[own]], [self._second_f[own]], [], [count],
                fused=True, amsgrad=False, beta1=self._recipe.betas[0], beta2=self._recipe.betas[1], lr=rate,
                weight_decay=self._recipe.weight_decay, eps=self._recipe.epsilon, maximize=False,
            )  # fmt: skip
            start = own.stop
        self._steps += 1
