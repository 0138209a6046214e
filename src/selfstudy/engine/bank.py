"""Trainable adapters of K slots in one flat fp32 buffer [K, F], with their gradients and an AdamW a slot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.projections import Projection
from selfstudy.engine.subspace import Subspace


@dataclass(frozen=True)
class _Place:
    projection: Projection
    a_start: int
    b_start: int
    end: int


class Bank:
    """K slots of LoRA parameters over the union of the projections that any job adapts, at the largest rank.

    A slot's lower rank is zero-padded and its absent modules are masked: padding starts at zero, gets no update and
    no decay, and does not count in the clip norm.
    """

    def __init__(
        self,
        slots: int,
        rank: int,
        projections: tuple[Projection, ...],
        device: torch.device,
        master: torch.dtype,
    ) -> None:
        self.rank, self.projections = rank, projections
        self._places: list[_Place] = []
        size = 0
        for p in projections:
            a, b = size, size + rank * p.inputs
            size = b + p.outputs * rank
            self._places.append(_Place(p, a, b, size))
        self.size = size
        self.values_KF, self.grads_KF = (torch.zeros(slots, size, device=device, dtype=master) for _ in range(2))
        self.optimizers: dict[int, torch.optim.AdamW] = {}
        self.partial = [False] * slots
        self.real_KF = torch.zeros(slots, size, device=device, dtype=torch.bool)
        self.scale_K = torch.ones(slots, device=device, dtype=master)
        self._leaves: dict[str, tuple[Tensor, Tensor]] = {}
        for place in self._places:
            pair = []
            for a_part in (True, False):
                leaf = self._view(self.values_KF, place, a_part).detach().requires_grad_()
                leaf.grad = self._view(self.grads_KF, place, a_part)
                pair.append(leaf)
            self._leaves[place.projection.path] = (pair[0], pair[1])

    def _view(self, flat_KF: Tensor, place: _Place, a_part: bool) -> Tensor:
        if a_part:
            return flat_KF[:, place.a_start : place.b_start].view(-1, self.rank, place.projection.inputs)
        return flat_KF[:, place.b_start : place.end].view(-1, place.projection.outputs, self.rank)

    @torch.no_grad()
    def fill(self, slot: int, recipe: UpdateRecipe, adapted: set[str], seed: int, start: Adapter | None) -> None:
        """Make `slot` a fresh one: A by Kaiming (a = √5, PEFT's rule) from `seed`, B zero; or a copy of `start`."""
        self.values_KF[slot] = 0
        self.grads_KF[slot] = 0
        self.real_KF[slot] = False
        self.scale_K[slot] = recipe.alpha / recipe.rank
        flat = self.values_KF[slot].detach()
        flat.grad = self.grads_KF[slot]
        # Fused: one pass over memory instead of a dozen; with tens of millions of parameters that is what a step costs.
        self.optimizers[slot] = torch.optim.AdamW(
            [flat.requires_grad_()], lr=recipe.learning_rate, betas=recipe.betas, eps=recipe.epsilon,
            weight_decay=recipe.weight_decay, fused=True,
        )  # fmt: skip
        generator = torch.Generator().manual_seed(seed)
        for place in self._places:
            path = place.projection.path
            if path not in adapted:
                continue
            a, b = (self._view(self.values_KF, place, part)[slot] for part in (True, False))
            real_a, real_b = (self._view(self.real_KF, place, part)[slot] for part in (True, False))
            real_a[: recipe.rank], real_b[:, : recipe.rank] = True, True
            if start is not None:
                if path in start.weights:
                    a[: recipe.rank], b[:, : recipe.rank] = (w.to(a) for w in start.weights[path])
                continue
            bound = 1 / math.sqrt(place.projection.inputs)
            drawn = torch.empty(recipe.rank, place.projection.inputs).uniform_(-bound, bound, generator=generator)
            a[: recipe.rank] = drawn.to(a)
        self.partial[slot] = not bool(self.real_KF[slot].all())

    @torch.no_grad()
    def clear(self, slot: int, protected: Subspace | None) -> None:
        """Take the protected input directions out of the slot's A."""
        if protected is not None:
            for place in self._places:
                protected.clear(place.projection.path, self._view(self.values_KF, place, True)[slot])

    def stack(self, dtype: torch.dtype) -> dict[str, tuple[Tensor, Tensor]]:
        """A and scaled B a path in the compute dtype, connected to the parameters for the backward pass."""
        scale = self.scale_K[:, None, None]
        return {path: (a.to(dtype), (b * scale).to(dtype)) for path, (a, b) in self._leaves.items()}

    @torch.no_grad()
    def take(self, slot: int, recipe: UpdateRecipe, adapted: set[str], base: str) -> Adapter:
        weights = {}
        for place in self._places:
            if place.projection.path in adapted:
                a, b = (self._view(self.values_KF, place, part)[slot] for part in (True, False))
                weights[place.projection.path] = (
                    a[: recipe.rank].cpu().clone(),
                    b[:, : recipe.rank].cpu().clone(),
                )
        return Adapter(base=base, rank=recipe.rank, alpha=recipe.alpha, weights=weights)
