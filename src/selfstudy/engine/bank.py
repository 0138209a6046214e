"""Trainable adapters of K slots in one flat buffer [K, F], with their gradients and an AdamW a slot.

Lanes share values and gradients. Each owns a stretch of F, of whole projections, in every slot: it alone writes values
there, so that a step of the optimizer is divided evenly however few slots there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adamw import FlatAdamW, norm_of
from selfstudy.engine.adapted_linear import Gradients
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.lanes import shared_zeros, stretches
from selfstudy.engine.lora import LowRank
from selfstudy.engine.projections import Projection
from selfstudy.engine.subspace import Subspace


@dataclass(frozen=True)
class _Block:
    """A projection's stretch of F: A from `a_start`, B from `b_start`."""

    projection: Projection
    a_start: int
    b_start: int
    end: int


class Bank:
    """K slots of LoRA parameters over the union of the projections that any job adapts, at the largest rank.

    A slot's lower rank and its absent modules are zeros and stay zeros: where A and B are both zero, so are their
    gradients, and decay leaves zero alone.

    A pass reads copies in the compute dtype and leaves gradients beside them, in *places*: neighbours in the pass are
    neighbours there. Places belong to a lane for a step; `slots` + `lanes` - 1 of them are enough.
    """

    def __init__(
        self,
        slots: int,
        rank: int,
        projections: tuple[Projection, ...],
        device: torch.device,
        master: torch.dtype,
        compute: torch.dtype,
        lanes: int = 1,
    ) -> None:
        self.rank, self.projections = rank, projections
        self._blocks: list[_Block] = []
        size = 0
        for p in projections:
            a, b = size, size + rank * p.inputs
            size = b + p.outputs * rank
            self._blocks.append(_Block(p, a, b, size))
        self._own = self._blocks
        self._shared, self._master = lanes > 1, master
        places = slots + lanes - 1
        self.values_KF = self._zeros(slots, size, device, master)
        self._grads_PF = self._zeros(places, size, device, compute)
        # Sums over passes or places; of pages that are not written to there are none.
        self._sums_PF = self._zeros(places, size, device, master) if self._shared else None
        # A lone slot of the same dtype is read where it is.
        self._alone = compute == master and slots == 1
        self._work_PF = self.values_KF if self._alone else torch.zeros(places, size, device=device, dtype=compute)
        self._optimizers: dict[int, FlatAdamW] = {}
        self._scales = [1.0] * slots
        self._cleared: dict[int, dict[str, Tensor]] = {}
        self._passed: dict[int, Tensor] = {}
        self._begun: set[int] = set()
        self._reduced: dict[int, Tensor] = {}
        self._leaves = {
            block.projection.path: tuple(
                self._view(flat_KF, block, part).detach()
                for flat_KF in (self._work_PF, self._grads_PF)
                for part in (True, False)
            )
            for block in self._blocks
        }

    def _zeros(self, rows: int, size: int, device: torch.device, dtype: torch.dtype) -> Tensor:
        return shared_zeros(rows, size, dtype=dtype) if self._shared else torch.zeros(
            rows, size, device=device, dtype=dtype
        )  # fmt: skip

    def own(self, lane: int, lanes: int) -> None:
        """From here on only the stretch of lane number `lane` is written to by this process."""
        own = stretches([block.end - block.a_start for block in self._blocks], lanes)[lane]
        self._own = self._blocks[own.start : own.stop]

    @property
    def _stretch(self) -> slice:
        return slice(self._own[0].a_start, self._own[-1].end) if self._own else slice(0, 0)

    def _view(self, flat_KF: Tensor, block: _Block, a_part: bool) -> Tensor:
        if a_part:
            return flat_KF[:, block.a_start : block.b_start].view(-1, self.rank, block.projection.inputs)
        return flat_KF[:, block.b_start : block.end].view(-1, block.projection.outputs, self.rank)

    @torch.no_grad()
    def fill(self, slot: int, recipe: UpdateRecipe, adapted: set[str], seed: int, start: Adapter | None) -> None:
        """Make `slot` a fresh one: A by Kaiming (a = √5, PEFT's rule) from `seed`, B zero; or a copy of `start`."""
        self.blank(slot)
        self._passed.pop(slot, None)  # of a job that failed
        self._scales[slot] = recipe.alpha / recipe.rank
        self._optimizers[slot] = FlatAdamW(self.values_KF[slot, self._stretch], recipe)
        generator, own = torch.Generator().manual_seed(seed), {b.projection.path for b in self._own}
        for block in self._blocks:
            path = block.projection.path
            if path not in adapted:
                continue
            a, b = (self._view(self.values_KF, block, part)[slot] for part in (True, False))
            if start is not None:
                if path in start.weights and path in own:
                    a[: recipe.rank], b[:, : recipe.rank] = (w.to(a) for w in start.weights[path])
                continue
            bound = 1 / math.sqrt(block.projection.inputs)
            drawn = torch.empty(recipe.rank, block.projection.inputs).uniform_(-bound, bound, generator=generator)
            if path in own:
                a[: recipe.rank] = drawn.to(a)

    @torch.no_grad()
    def blank(self, slot: int) -> None:
        """Make the slot's values zero."""
        self.values_KF[slot, self._stretch] = 0

    @torch.no_grad()
    def clear(self, slot: int, protected: Subspace | None, *, fresh: bool = False) -> None:
        """Take the protected input directions out of the slot's A: all of it if `fresh`, else its change since."""
        if protected is None:
            return
        if fresh:
            self._cleared[slot] = {}
        for block in self._own:
            path, a_rI = block.projection.path, self._view(self.values_KF, block, True)[slot]
            if fresh:
                protected.clear(path, a_rI)
                self._cleared[slot][path] = a_rI.clone()
            else:
                protected.clear_change(path, a_rI, self._cleared[slot][path])
                self._cleared[slot][path].copy_(a_rI)

    @torch.no_grad()
    def load(self, slots: Sequence[int], first: int) -> None:
        """Bring the values of `slots` to the places from `first` on, for passes to read."""
        if not self._alone:
            for place, slot in enumerate(slots, first):
                self._work_PF[place].copy_(self.values_KF[slot])
        self._begun.clear()

    @torch.no_grad()
    def stack(self, slots: Sequence[int], first: int) -> dict[str, LowRank]:
        """The updates of `slots`, which were loaded to the places from `first` on; leaves gradients for `collect`."""
        scales = tuple(self._scales[slot] for slot in slots)
        stack, begin = {}, 0 if self._alone else first
        for path, (work_a, work_b, grad_a, grad_b) in self._leaves.items():
            a_KrI, b_KOr = (x[begin : begin + len(slots)] for x in (work_a, work_b))
            grad_a_KrI, grad_b_KOr = (x[first : first + len(slots)] for x in (grad_a, grad_b))
            stack[path] = LowRank(a_KrI.requires_grad_(), b_KOr, scales, Gradients(grad_a_KrI, grad_b_KOr))
        return stack

    @torch.no_grad()
    def collect(self, stack: Mapping[str, LowRank], summed: Iterable[int]) -> None:
        """After the backward pass over `stack`; of the `summed` places there are several passes in this step."""
        for update in stack.values():
            if update.gradients is not None and not update.gradients.written:  # of a module that did not run
                update.gradients.a_KrI.zero_(), update.gradients.b_KOr.zero_()
        for place in summed:
            sum_F = self._sums()[place]
            if place in self._begun:
                sum_F += self._grads_PF[place]
            else:
                sum_F.copy_(self._grads_PF[place])
                self._begun.add(place)

    def _sums(self) -> Tensor:
        if self._sums_PF is None:
            self._sums_PF = torch.zeros(self._grads_PF.shape, device=self._grads_PF.device, dtype=self._master)
        return self._sums_PF

    @torch.no_grad()
    def reduce(self, slot: int, places: Sequence[int], summed: Iterable[int]) -> tuple[float, bool]:
        """Sum up the own stretch of the slot's gradient over its places; its norm, and whether all of it is finite."""
        of_places = [(self._sums() if p in summed else self._grads_PF)[p, self._stretch] for p in places]
        total_f = of_places[0]
        if len(places) > 1:
            total_f = self._sums()[places[0], self._stretch].copy_(total_f)
            for more_f in of_places[1:]:
                total_f += more_f
        self._reduced[slot] = total_f
        norm = norm_of(total_f, self._master)
        # A norm may also be infinite because squares of finite numbers are.
        return norm, math.isfinite(norm) or bool(torch.isfinite(total_f).all())

    def step(self, slot: int, rate: float, scale: float) -> None:
        """AdamW on the own stretch of the slot, with `scale` times its reduced gradient, at learning rate `rate`."""
        self._optimizers[slot].step(self._reduced.pop(slot), rate, scale)

    @torch.no_grad()
    def remember(self, slot: int) -> None:
        """Add the slot's values as they are now to the sum that `settle` makes a mean of; own stretch."""
        now_f = self.values_KF[slot, self._stretch]
        if slot in self._passed:
            self._passed[slot] += now_f
        else:
            self._passed[slot] = now_f.clone()

    @torch.no_grad()
    def settle(self, slot: int, count: int) -> None:
        """Make the slot's values the mean of the `count` that were remembered since it was filled; own stretch."""
        torch.div(self._passed.pop(slot), count, out=self.values_KF[slot, self._stretch])

    @torch.no_grad()
    def take(self, slot: int, recipe: UpdateRecipe, adapted: set[str], base: str) -> Adapter:
        weights = {}
        for block in self._blocks:
            if block.projection.path in adapted:
                a, b = (self._view(self.values_KF, block, part)[slot] for part in (True, False))
                weights[block.projection.path] = (
                    a[: recipe.rank].cpu().clone(),
                    b[:, : recipe.rank].cpu().clone(),
                )
        return Adapter(base=base, rank=recipe.rank, alpha=recipe.alpha, weights=weights)
