"""Trainable adapters of K slots in one flat buffer [K, F], with their gradients and an AdamW a slot.

Lanes share values and gradients. Each owns a stretch of F, of whole projections, in every slot: it alone writes values
there, so that a step of the optimizer is divided evenly however few slots there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adamw import FlatAdamW, norm_of
from selfstudy.engine.adapted_linear import Trained
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.lanes import shared_zeros, stretches
from selfstudy.engine.places import Places
from selfstudy.engine.projections import Projection, read_together
from selfstudy.engine.slot_products import Gradients
from selfstudy.engine.subspace import Subspace


@dataclass(frozen=True)
class _Block:
    """A stretch of F from `start` on: the A of n projections that read the same input, then the B of each."""

    projections: tuple[Projection, ...]
    rank: int
    start: int
    parts: slice
    """Its parts, in the order of all parts: all A are one, each B is one."""

    @property
    def sizes(self) -> list[int]:
        of_a = len(self.projections) * self.rank * self.projections[0].inputs
        return [of_a, *(p.outputs * self.rank for p in self.projections)]

    @property
    def end(self) -> int:
        return self.start + sum(self.sizes)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(p.path for p in self.projections)

    def joined_a(self, flat_F: Tensor) -> Tensor:
        """All A [n r, I] of a slot's values."""
        return flat_F[self.start : self.start + self.sizes[0]].view(-1, self.projections[0].inputs)

    def pairs(self, flat_F: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Each projection's path, A [r, I] and B [O, r], as views of a slot's values."""
        of_a, *of_b = flat_F[self.start : self.end].split(self.sizes)
        for p, a, b in zip(self.projections, of_a.chunk(len(self.projections)), of_b, strict=True):
            yield p.path, a.view(self.rank, p.inputs), b.view(p.outputs, self.rank)


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
        self._blocks: list[_Block] = []
        size = part = 0
        for group in read_together(projections):
            self._blocks.append(_Block(group, rank, size, slice(part, part + 1 + len(group))))
            size, part = self._blocks[-1].end, self._blocks[-1].parts.stop
        self._sizes = [size for block in self._blocks for size in block.sizes]
        self._own = self._blocks
        self._shared, self._master = lanes > 1, master
        places = slots + lanes - 1
        self.values_KF = self._zeros(slots, size, device, master)
        self._grads = self._places(places, device, compute)
        # Sums over passes or places; of pages that are not written to there are none.
        self._of_sums = self._places(places, device, master) if self._shared else None
        # A lone slot of the same dtype is read where it is.
        self._alone = compute == master and slots == 1
        work = self.values_KF if self._alone else torch.zeros(places * size, device=device, dtype=compute)
        self._work = Places(work.view(-1), self._sizes)
        self._device, self._num_places = device, places
        self._optimizers: dict[int, FlatAdamW] = {}
        self._scales = [1.0] * slots
        self._cleared: dict[int, dict[int, Tensor]] = {}
        self._passed: dict[int, Tensor] = {}
        self._begun: set[int] = set()
        self._reduced: dict[int, list[Tensor]] = {}

    def _zeros(self, rows: int, size: int, device: torch.device, dtype: torch.dtype) -> Tensor:
        return shared_zeros(rows, size, dtype=dtype) if self._shared else torch.zeros(
            rows, size, device=device, dtype=dtype
        )  # fmt: skip

    def _places(self, count: int, device: torch.device, dtype: torch.dtype) -> Places:
        return Places(self._zeros(count, sum(self._sizes), device, dtype).view(-1), self._sizes)

    def own(self, lane: int, lanes: int) -> None:
        """From here on only the stretch of lane number `lane` is written to by this process."""
        own = stretches([block.end - block.start for block in self._blocks], lanes)[lane]
        self._own = self._blocks[own.start : own.stop]

    @property
    def _stretch(self) -> slice:
        return slice(self._own[0].start, self._own[-1].end) if self._own else slice(0, 0)

    @property
    def _own_parts(self) -> slice:
        return slice(self._own[0].parts.start, self._own[-1].parts.stop) if self._own else slice(0, 0)

    @torch.no_grad()
    def fill(self, slot: int, recipe: UpdateRecipe, adapted: set[str], seed: int, start: Adapter | None) -> None:
        """Make `slot` a fresh one: A by Kaiming (a = √5, PEFT's rule) from `seed`, B zero; or a copy of `start`."""
        self.blank(slot)
        self._passed.pop(slot, None)  # of a job that failed
        self._scales[slot] = recipe.alpha / recipe.rank
        self._optimizers[slot] = FlatAdamW(self.values_KF[slot, self._stretch], recipe)
        generator, own = torch.Generator().manual_seed(seed), {p.path for b in self._own for p in b.projections}
        for path, a, b in self._pairs(slot):
            if path not in adapted:
                continue
            if start is not None:
                if path in start.weights and path in own:
                    a[: recipe.rank], b[:, : recipe.rank] = (w.to(a) for w in start.weights[path])
                continue
            bound = 1 / math.sqrt(a.shape[1])
            drawn = torch.empty(recipe.rank, a.shape[1]).uniform_(-bound, bound, generator=generator)
            if path in own:
                a[: recipe.rank] = drawn.to(a)

    def _pairs(self, slot: int) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Path, A and B of each projection, in the model's order."""
        for block in self._blocks:
            yield from block.pairs(self.values_KF[slot])

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
            a_nI = block.joined_a(self.values_KF[slot])
            if fresh:
                protected.clear(block.paths, a_nI)
                self._cleared[slot][block.start] = a_nI.clone()
            else:
                before_nI = self._cleared[slot][block.start]
                protected.clear_change(block.paths, a_nI, before_nI)
                before_nI.copy_(a_nI)

    @torch.no_grad()
    def load(self, slots: Sequence[int], first: int) -> None:
        """Bring the values of `slots` to the places from `first` on, for passes to read."""
        if not self._alone:
            for place, slot in enumerate(slots, first):
                torch._foreach_copy_(self._work.pieces(place), self.values_KF[slot].split(self._sizes))
        self._begun.clear()

    def scales(self, slots: Sequence[int]) -> tuple[float, ...]:
        """What the updates of `slots` are multiplied by."""
        return tuple(self._scales[slot] for slot in slots)

    @torch.no_grad()
    def trained(self, slots: Sequence[int], first: int) -> list[Trained]:
        """The updates of `slots`, which were loaded to the places from `first` on; leaves gradients for `collect`."""
        found = []
        for block in self._blocks:
            work, grads = (
                [part[begin : begin + len(slots)] for part in places.parts[block.parts]]
                for places, begin in ((self._work, 0 if self._alone else first), (self._grads, first))
            )
            (a, *b), (grad_a, *grad_b) = work, grads
            a, grad_a = (each.view(len(slots), -1, block.projections[0].inputs) for each in (a, grad_a))
            b, grad_b = ([each.view(len(slots), -1, block.rank) for each in of_b] for of_b in (b, grad_b))
            found.append(Trained(block.paths, a.requires_grad_(), tuple(b), Gradients(grad_a, tuple(grad_b))))
        return found

    @torch.no_grad()
    def collect(self, trained: Iterable[Trained], summed: Iterable[int]) -> None:
        """After the backward pass over `trained`; of the `summed` places there are several passes in this step."""
        for gradients in (update.gradients for update in trained):
            if not gradients.written:  # of modules that did not run
                for each in (gradients.a_KnI, *gradients.b_KOr):
                    each.zero_()
        for place in summed:
            add = torch._foreach_add_ if place in self._begun else torch._foreach_copy_
            add(self._sums().pieces(place), self._grads.pieces(place))
            self._begun.add(place)

    def _sums(self) -> Places:
        if self._of_sums is None:
            self._of_sums = self._places(self._num_places, self._device, self._master)
        return self._of_sums

    @torch.no_grad()
    def reduce(self, slot: int, places: Sequence[int], summed: Iterable[int]) -> tuple[float, bool]:
        """Sum up the own stretch of the slot's gradient over its places; its norm, and whether all of it is finite."""
        of_places = [
            (self._sums() if place in summed else self._grads).pieces(place, self._own_parts) for place in places
        ]
        total = of_places[0]
        if len(places) > 1 and total:
            total = self._sums().pieces(places[0], self._own_parts)
            if places[0] not in summed:
                torch._foreach_copy_(total, of_places[0])
            for more in of_places[1:]:
                torch._foreach_add_(total, more)
        self._reduced[slot] = total
        norm = norm_of(total, self._master)
        # A norm may also be infinite because squares of finite numbers are.
        return norm, math.isfinite(norm) or all(bool(torch.isfinite(piece).all()) for piece in total)

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
        weights = {
            path: (a[: recipe.rank].cpu().clone(), b[:, : recipe.rank].cpu().clone())
            for path, a, b in self._pairs(slot)
            if path in adapted
        }
        return Adapter(base=base, rank=recipe.rank, alpha=recipe.alpha, weights=weights)
