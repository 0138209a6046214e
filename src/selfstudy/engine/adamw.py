"""torch's AdamW over a flat stretch of parameters, chunk by chunk, so that a gradient is widened in the cache.

Wide copies of whole gradients, each in fresh memory, took a twentieth of a training step with all linear layers.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.adamw import adamw

from selfstudy.domain.recipe import UpdateRecipe

CHUNK = 1 << 18
"""Parameters a chunk on a processor: 1 MB of each of values, moments and gradient."""


def norm_of(gradient_f: Tensor, master: torch.dtype) -> float:
    """Euclidean norm, summed up in `master`; never is all of a narrower gradient held a second time."""
    if gradient_f.dtype == master:
        return float(torch.linalg.vector_norm(gradient_f))
    size = CHUNK if gradient_f.device.type == "cpu" else max(1, gradient_f.numel())
    wide_f = gradient_f.new_empty(min(size, gradient_f.numel()), dtype=master)
    parts = [torch.linalg.vector_norm(wide_f[: c.numel()].copy_(c)) for c in gradient_f.split(size)]
    return float(torch.linalg.vector_norm(torch.stack(parts)))


class FlatAdamW:
    """Steps `values_f` in place. With tens of millions of parameters a step is bound by the memory it moves."""

    def __init__(self, values_f: Tensor, recipe: UpdateRecipe) -> None:
        self._recipe = recipe
        self._size = CHUNK if values_f.device.type == "cpu" else max(1, values_f.numel())
        self._values = values_f.split(self._size)
        self._first, self._second = (torch.zeros_like(values_f).split(self._size) for _ in range(2))
        self._counts = [torch.zeros((), device=values_f.device) for _ in self._values]
        self._wide_f = values_f.new_empty(min(self._size, values_f.numel()))

    @torch.no_grad()
    def step(self, gradient_f: Tensor, rate: float, scale: float) -> None:
        """With `scale` times the gradient, which may be of a narrower dtype, at learning rate `rate`."""
        parts = (self._values, gradient_f.split(self._size), self._first, self._second, self._counts)
        for value_c, gradient_c, first_c, second_c, count in zip(*parts, strict=True):
            wide_c = self._wide_f[: gradient_c.numel()].copy_(gradient_c)
            if scale != 1:
                wide_c.mul_(scale)
            adamw(
                [value_c], [wide_c], [first_c], [second_c], [], [count], fused=True, amsgrad=False,
                beta1=self._recipe.betas[0], beta2=self._recipe.betas[1], lr=rate,
                weight_decay=self._recipe.weight_decay, eps=self._recipe.epsilon, maximize=False,
            )  # fmt: skip
