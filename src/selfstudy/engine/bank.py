"""Trainable adapters of K slots in one flat buffer [K, F], with their gradients and an AdamW a slot."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adapted_linear import Gradients
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

    A slot's lower rank and its absent modules are zeros and stay zeros: where A and B are both zero, so are their
    gradients, and decay leaves zero alone.
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
        self.values_KF = torch.zeros(slots, size, device=device, dtype=master)
        self._optimizers: dict[int, torch.optim.AdamW] = {}
        self._scales = [1.0] * slots
        self._cleared: dict[int, Tensor] = {}
        # What a pass reads, in the compute dtype: the master's own memory where that has it, else a copy of it, renewed
        # slot by slot after a change. And where a pass leaves its gradients, read one slot at a time in `_wide_F`.
        same = compute == master
        self._work_KF = self.values_KF if same else torch.zeros(slots, size, device=device, dtype=compute)
        self._stale: set[int] = set()
        self._grads_KF = torch.zeros(slots, size, device=device, dtype=compute)
        self._wide_F = torch.empty(0 if same else size, device=device, dtype=master)
        self._sums: dict[int, Tensor] = {}  # of slots whose step takes several passes
        self._leaves: dict[str, tuple[Tensor, Tensor, Gradients]] = {}
        for place in self._places:
            a_KrI, b_KOr = (self._view(self._work_KF, place, part).detach().requires_grad_() for part in (True, False))
            gradients = Gradients(*(self._view(self._grads_KF, place, part) for part in (True, False)))
            self._leaves[place.projection.path] = a_KrI, b_KOr, gradients

    def _view(self, flat_KF: Tensor, place: _Place, a_part: bool) -> Tensor:
        if a_part:
            return flat_KF[:, place.a_start : place.b_start].view(-1, self.rank, place.projection.inputs)
        return flat_KF[:, place.b_start : place.end].view(-1, place.projection.outputs, self.rank)

    @torch.no_grad()
    def fill(self, slot: int, recipe: UpdateRecipe, adapted: set[str], seed: int, start: Adapter | None) -> None:
        """Make `slot` a fresh one: A by Kaiming (a = √5, PEFT's rule) from `seed`, B zero; or a copy of `start`."""
        self.blank(slot)
        self._scales[slot] = recipe.alpha / recipe.rank
        # Fused: one pass over memory instead of a dozen; with tens of millions of parameters that is what a step costs.
        self._optimizers[slot] = torch.optim.AdamW(
            [self.values_KF[slot].detach().requires_grad_()], lr=recipe.learning_rate, betas=recipe.betas,
            eps=recipe.epsilon, weight_decay=recipe.weight_decay, fused=True,
        )  # fmt: skip
        generator = torch.Generator().manual_seed(seed)
        for place in self._places:
            path = place.projection.path
            if path not in adapted:
                continue
            a, b = (self._view(self.values_KF, place, part)[slot] for part in (True, False))
            if start is not None:
                if path in start.weights:
                    a[: recipe.rank], b[:, : recipe.rank] = (w.to(a) for w in start.weights[path])
                continue
            bound = 1 / math.sqrt(place.projection.inputs)
            drawn = torch.empty(recipe.rank, place.projection.inputs).uniform_(-bound, bound, generator=generator)
            a[: recipe.rank] = drawn.to(a)

    @torch.no_grad()
    def blank(self, slot: int) -> None:
        """Make the slot's values zero, and forget what its step has summed up."""
        self.values_KF[slot] = 0
        self._sums.pop(slot, None)
        self._stale.add(slot)

    @torch.no_grad()
    def clear(self, slot: int, protected: Subspace | None, *, fresh: bool = False) -> None:
        """Take the protected input directions out of the slot's A: all of it if `fresh`, else its change since."""
        if protected is None:
            return
        self._stale.add(slot)
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

    @torch.no_grad()
    def stack(self) -> dict[str, LowRank]:
        """The update of each path in the compute dtype; a pass over it leaves its gradients here, for `collect`."""
        if self._work_KF is not self.values_KF:
            for slot in self._stale:
                self._work_KF[slot].copy_(self.values_KF[slot])
        self._stale.clear()
        scales = tuple(self._scales)
        for _, _, gradients in self._leaves.values():
            gradients.written = False
        return {path: LowRank(a, b, scales, gradients) for path, (a, b, gradients) in self._leaves.items()}

    @torch.no_grad()
    def collect(self, slots: Collection[int], going_on: Collection[int]) -> None:
        """After the backward pass over `slots`; those in `going_on` have more passes in this step."""
        for _, _, gradients in self._leaves.values():
            if not gradients.written:  # a module that did not run
                for slot in slots:
                    gradients.a_KrI[slot], gradients.b_KOr[slot] = 0, 0
        for slot in slots:
            if slot in self._sums:
                self._sums[slot] += self._widened(slot)
            elif slot in going_on:
                self._sums[slot] = self._widened(slot).clone()

    def gradient(self, slot: int) -> Tensor:
        """The gradient [F] of the slot's step in the master's dtype; used up by this, and valid until the next call."""
        return self._sums.pop(slot) if slot in self._sums else self._widened(slot)

    def _widened(self, slot: int) -> Tensor:
        return self._wide_F.copy_(self._grads_KF[slot]) if self._wide_F.numel() else self._grads_KF[slot]

    def step(self, slot: int, gradient_F: Tensor, rate: float) -> None:
        """AdamW of the slot at learning rate `rate`."""
        (group,) = self._optimizers[slot].param_groups
        group["lr"] = rate
        group["params"][0].grad = gradient_F
        self._optimizers[slot].step()
        group["params"][0].grad = None
        self._stale.add(slot)

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
