"""Trainable adapters of K slots in one flat fp32 buffer [K, F], with their gradients and an AdamW a slot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.lora import LowRank
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
        compute: torch.dtype,
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
        self._scales = [1.0] * slots
        self._cleared: dict[int, Tensor] = {}
        # What a pass reads and where its gradients land, in the compute dtype: the same memory where that is the
        # master's, else a copy that is made and folded back as one flat tensor instead of one a projection.
        same = compute == master
        self._work_KF = self.values_KF if same else torch.zeros(slots, size, device=device, dtype=compute)
        self._work_grads_KF = self.grads_KF if same else torch.zeros(slots, size, device=device, dtype=compute)
        self._leaves: dict[str, tuple[Tensor, Tensor]] = {}
        for place in self._places:
            pair = []
            for a_part in (True, False):
                leaf = self._view(self._work_KF, place, a_part).detach().requires_grad_()
                leaf.grad = self._view(self._work_grads_KF, place, a_part)
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
        self._scales[slot] = recipe.alpha / recipe.rank
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
    def clear(self, slot: int, protected: Subspace | None, *, fresh: bool = False) -> None:
        """Take the protected input directions out of the slot's A: all of it if `fresh`, else its change since."""
        if protected is None:
            return
        for place in self._places:
            path, a_rI = place.projection.path, self._view(self.values_KF, place, True)[slot]
            if fresh:
                protected.clear(path, a_rI)
            else:
                protected.clear_change(path, a_rI, self._view(self._cleared[slot][None], place, True)[0])
        if fresh:
            self._cleared[slot] = self.values_KF[slot].clone()
        else:
            self._cleared[slot].copy_(self.values_KF[slot])

    def stack(self) -> dict[str, LowRank]:
        """The update of each path in the compute dtype, connected to the gradients of the backward pass."""
        if self._work_KF is not self.values_KF:
            with torch.no_grad():
                self._work_KF.copy_(self.values_KF)
        scales = tuple(self._scales)
        return {path: LowRank(a, b, scales) for path, (a, b) in self._leaves.items()}

    @torch.no_grad()
    def collect(self) -> None:
        """Add the gradients of one backward pass to the master's."""
        if self._work_grads_KF is not self.grads_KF:
            self.grads_KF.add_(self._work_grads_KF)
            self._work_grads_KF.zero_()

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
