"""Trainable adapters of K slots in one flat buffer [K, F], with their gradients and an AdamW a slot."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
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
        # What a pass reads, in the compute dtype, and where it leaves its gradients: both in the order of the pass, so
        # that neighbours in it are neighbours here. A lone slot of the same dtype is read where it is.
        self._shares = compute == master and slots == 1
        self._work_KF = self.values_KF if self._shares else torch.zeros(slots, size, device=device, dtype=compute)
        self._grads_KF = torch.zeros(slots, size, device=device, dtype=compute)
        self._held: list[int | None] = [None] * slots  # whose values a place of `_work_KF` has
        self._place_of: dict[int, int] = {}  # where a slot's gradient lies
        self._wide_F = torch.empty(0 if compute == master else size, device=device, dtype=master)
        self._sums: dict[int, Tensor] = {}  # of slots whose step takes several passes
        self._leaves = {
            place.projection.path: tuple(
                self._view(flat_KF, place, part).detach()
                for flat_KF in (self._work_KF, self._grads_KF)
                for part in (True, False)
            )
            for place in self._places
        }
        self._left: list[Gradients] = []

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
        self._changed(slot)

    @torch.no_grad()
    def clear(self, slot: int, protected: Subspace | None, *, fresh: bool = False) -> None:
        """Take the protected input directions out of the slot's A: all of it if `fresh`, else its change since."""
        if protected is None:
            return
        self._changed(slot)
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

    def _changed(self, slot: int) -> None:
        self._held = [None if held == slot else held for held in self._held]

    @torch.no_grad()
    def stack(self, slots: Sequence[int], first: int) -> dict[str, LowRank]:
        """The updates of `slots` in this order and the compute dtype; a pass leaves its gradients for `collect`.

        `first` is how many slots of the step were in passes before; a slot's gradient lies there until it is read.
        """
        for place, slot in enumerate(slots, first):
            if self._held[place] != slot and not self._shares:
                self._work_KF[place].copy_(self.values_KF[slot])
                self._held[place] = slot
        scales = tuple(self._scales[slot] for slot in slots)
        stack, self._left = {}, []
        for path, leaf in self._leaves.items():
            a_KrI, b_KOr, grad_a_KrI, grad_b_KOr = (x[first : first + len(slots)] for x in leaf)
            self._left.append(Gradients(grad_a_KrI, grad_b_KOr))
            stack[path] = LowRank(a_KrI.requires_grad_(), b_KOr, scales, self._left[-1])
        return stack

    @torch.no_grad()
    def collect(self, slots: Sequence[int], first: int, going_on: Collection[int]) -> None:
        """After the backward pass over that stack; slots in `going_on` have more passes in this step."""
        for gradients in self._left:
            if not gradients.written:  # of a module that did not run
                gradients.a_KrI.zero_(), gradients.b_KOr.zero_()
        for place, slot in enumerate(slots, first):
            self._place_of[slot] = place
            if slot in self._sums:
                self._sums[slot] += self._widened(slot)
            elif slot in going_on:
                self._sums[slot] = self._widened(slot).clone()

    def gradient(self, slot: int) -> Tensor:
        """The gradient [F] of the slot's step in the master's dtype; used up by this, and valid until the next call."""
        return self._sums.pop(slot) if slot in self._sums else self._widened(slot)

    def _widened(self, slot: int) -> Tensor:
        left_F = self._grads_KF[self._place_of[slot]]
        return self._wide_F.copy_(left_F) if self._wide_F.numel() else left_F

    def step(self, slot: int, gradient_F: Tensor, rate: float) -> None:
        """AdamW of the slot at learning rate `rate`."""
        (group,) = self._optimizers[slot].param_groups
        group["lr"] = rate
        group["params"][0].grad = gradient_F
        self._optimizers[slot].step()
        group["params"][0].grad = None
        self._changed(slot)

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
