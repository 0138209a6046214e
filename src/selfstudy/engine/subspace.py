"""Directions that the base uses on general text, kept free of updates.

An update ΔW = B A moves a projection's output for an input x by B (A x). If the rows of A are orthogonal to the leading
directions of the inputs on general text, A x is small there whatever B becomes, and the base's behaviour on such text
is left alone; new facts are written where general text has little energy. The idea is that of null-space editing
(AlphaEdit, arXiv 2410.02355), here with a share of directions instead of an exact null space.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from selfstudy.engine.backbone import Backbone
from selfstudy.engine.lanes import opened, shared_zeros, stretches
from selfstudy.engine.packing import pack
from selfstudy.engine.projections import Projection

_NARROW = 2048
"""Inputs up to this width are decomposed whole: at 1,536 that takes half as long as four rounds of iteration."""
_ROUNDS = 4  # of subspace iteration, at most; the spectrum of activations falls steeply
_LEFT = 1e-3
"""Subspace iteration ends when this share of the second moment is left outside: for wide inputs after one round, where
a round costs seconds."""


@dataclass(frozen=True, eq=False)
class Subspace:
    """Orthonormal columns [I, d] for each projection's path: directions of its input that updates must not read.

    In the base's dtype; where that is bfloat16, they are orthonormal to its precision.
    """

    directions: Mapping[str, Tensor]

    def clear(self, paths: Sequence[str], a_nI: Tensor) -> None:
        """Remove the protected directions from the rows of A, in place; of each path are equally many, in order."""
        for directions_Id, own in self._parts(paths, a_nI.shape[0]):
            columns = directions_Id.to(a_nI)
            for _ in range(2):  # columns that were rounded leave a little at first
                a_nI[own].sub_((a_nI[own] @ columns) @ columns.T)

    def clear_change(self, paths: Sequence[str], a_nI: Tensor, before_nI: Tensor) -> None:
        """Remove them from what was added to `before_nI`, which is free of them, in place.

        In the columns' dtype: after a step of training the change is small beside A, and so is what rounding leaves.
        """
        for columns, own in self._parts(paths, a_nI.shape[0]):
            change_nI = (a_nI[own] - before_nI[own]).to(columns.dtype)
            a_nI[own].sub_((change_nI @ columns) @ columns.T)

    def _parts(self, paths: Sequence[str], rows: int) -> Iterator[tuple[Tensor, slice]]:
        """Directions and whose rows they are; neighbours with the same ones are cleared in one product."""
        each, start = rows // len(paths), 0
        for _, alike in groupby((self.directions.get(path) for path in paths), key=id):
            directions, *others = alike
            end = start + each * (1 + len(others))
            if directions is not None:
                yield directions, slice(start, end)
            start = end


@torch.no_grad()
def general_subspace(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    rows: Sequence[tuple[int, ...]],
    *,
    share: float,
    lanes: int,
    tokens_in_flight: int,
) -> Subspace:
    """The leading `share` of each projection's input directions over the tokens of `rows` (uncentred second moments).

    They are summed up before lanes are opened, which divide the search for their directions.

    Raises:
        ValueError: `share` is not within (0, 1), or there are no rows.
    """
    if not 0 < share < 1 or not rows:
        raise ValueError(f"subspace: needs rows and a share between 0 and 1, got {len(rows)} rows and {share}")
    moments: dict[str, Tensor] = {}
    # Projections that read the same input (query, key and value; gate and up) share one second moment.
    reads: dict[str, str] = {}

    def observe(path: str, seen: dict[int, tuple[str, Tensor]]) -> Any:
        def hook(module: torch.nn.Module, args: tuple[Tensor, ...]) -> None:
            # Told apart by identity; `seen` keeps each input alive, so that no later one can take over its identity.
            reads[path], _ = seen.setdefault(id(args[0]), (path, args[0]))
            if reads[path] == path:
                input_TI = args[0][0].float()
                product = input_TI.T @ input_TI
                moments[path] = moments[path] + product if path in moments else product

        return hook

    batch: list[tuple[int, ...]] = []
    for row in [*rows, ()]:
        if batch and (not row or sum(map(len, batch)) + len(row) > tokens_in_flight):
            seen: dict[int, tuple[str, Tensor]] = {}
            handles = [p.module.register_forward_pre_hook(observe(p.path, seen)) for p in projections]
            try:
                layout, _ = pack([[len(r) for r in batch]], [[False] * len(batch)], 0, backbone.device)
                backbone.states(torch.tensor([t for r in batch for t in r], device=backbone.device), layout)
            finally:
                for handle in handles:
                    handle.remove()
            batch = []
        batch.append(row)
    return Subspace(_all_leading(moments, reads, share, backbone.dtype, lanes))


def _all_leading(
    moments: dict[str, Tensor], reads: Mapping[str, str], share: float, dtype: torch.dtype, lanes: int
) -> dict[str, Tensor]:
    """The leading directions [I, count] of the moment that each path reads; uses up the moments."""
    counts = {path: max(1, int(share * moment.shape[0])) for path, moment in moments.items()}
    sizes = [moment.shape[0] for moment in moments.values()]
    shared = zip(counts, sizes, strict=True) if lanes > 1 else ()
    bases = {path: shared_zeros(size, counts[path], dtype=dtype) for path, size in shared}
    with opened(lanes) as lane:
        own = stretches([size**3 for size in sizes], lane.count)[lane.number]
        for path in list(moments)[own.start : own.stop]:
            # One by one, so that moments and what is made of them do not stand side by side in full.
            found = leading(moments.pop(path), counts[path])
            if path in bases:
                bases[path].copy_(found)
            else:
                bases[path] = found.to(dtype)
        lane.wait()
    return {path: bases[source] for path, source in reads.items()}


def leading(moment_II: Tensor, count: int) -> Tensor:
    """Orthonormal basis [I, count] of the leading eigenvectors; of wide moments about these, by subspace iteration."""
    if moment_II.shape[0] <= _NARROW:
        eigenvectors: Tensor = torch.linalg.eigh(moment_II).eigenvectors
        return eigenvectors[:, -count:].contiguous()
    return iterated(moment_II, count)


def iterated(moment_II: Tensor, count: int) -> Tensor:
    """Orthonormal basis [I, count] of about the leading eigenvectors, by subspace iteration."""
    generator = torch.Generator().manual_seed(0)
    image: Tensor = moment_II @ torch.randn(moment_II.shape[0], count, generator=generator).to(moment_II)
    whole = float(moment_II.trace())
    for _ in range(_ROUNDS):
        basis: Tensor = torch.linalg.qr(image).Q
        image = moment_II @ basis
        if whole - float((image * basis).sum()) <= _LEFT * whole:
            break
    return basis
