"""A base's projections with fixed adapters of several slots, for inference: updates are added in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from selfstudy.engine.lora import LowRank
from selfstudy.engine.projections import Projection
from selfstudy.engine.replaced import Forward, replaced
from selfstudy.engine.tiles import product, tiled

_RUN = 24
"""Tokens a slot from which, on a processor, a product for each slot beats one padded product for all (measured with 16
adapters of rank 32: at 5 tokens the padded one takes a quarter of the time, at 100 tokens twice as long)."""


@dataclass(frozen=True)
class Runs:
    """How the tokens of a pass divide among slots: the next `counts[k]` are slot `first` + k's.

    `place_T` sends token i to place k·M + offset of [K, M], M = `width` at least the longest run (None: all runs are as
    long). M is at least 2: a processor takes a product with one row alone in another order (LOG.md), and what a token
    comes to is not to depend on its neighbours.
    """

    first: int
    counts: tuple[int, ...]
    width: int
    place_T: Tensor | None

    @property
    def longest(self) -> int:
        return max(self.counts)

    def padded(self, input_TI: Tensor) -> Tensor:
        """[T, I] → [K, M, I]; zeros, never another slot's tokens, fill it up: 0 times a neighbour's NaN is NaN."""
        K, M = len(self.counts), self.width
        if self.place_T is not None:
            input_TI = input_TI.new_zeros(K * M, input_TI.shape[1]).index_copy_(0, self.place_T, input_TI)
        return input_TI.view(K, M, -1)


def runs_of(slots: Sequence[int], lengths: Sequence[int], device: torch.device) -> Runs:
    """The runs of packed pieces of `lengths` tokens, whose slots do not descend."""
    counts = [0] * (slots[-1] - slots[0] + 1)
    for slot, length in zip(slots, lengths, strict=True):
        counts[slot - slots[0]] += length
    width = max(2, *counts)
    if min(counts) == width:
        return Runs(slots[0], tuple(counts), width, None)
    places = [k * width + i for k, count in enumerate(counts) for i in range(count)]
    return Runs(slots[0], tuple(counts), width, torch.tensor(places, device=device))


def adapted(
    projections: tuple[Projection, ...], stack: Mapping[str, LowRank], runs: Runs, first: int = 0
) -> AbstractContextManager[None]:
    """Within the block, projections add the updates of each token's slot; `first` is the slot where `stack` begins.

    No gradient flows.
    """
    forwards: list[tuple[nn.Module, Forward]] = []
    padding = _Padding(runs)
    every = bool(projections) and tiled(projections[0].module.weight)
    begin = runs.first - first
    end = begin + len(runs.counts)
    for projection in projections:
        update, module = stack.get(projection.path), projection.module
        if update is not None or every:
            parts = None if update is None else (update.a_KrI[begin:end], update.b_KOr[begin:end])
            forwards.append((module, _forward(module, parts, padding)))
    return replaced(forwards)


class _Padding:
    """The last input as [K, M, I]: projections that read the same input pad it once."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._input: Tensor | None = None
        self._padded: Tensor | None = None

    def of(self, input: Tensor, flat_TI: Tensor) -> Tensor:
        if self._padded is None or input is not self._input:
            self._input, self._padded = input, self.runs.padded(flat_TI)
        return self._padded


def _forward(module: Any, update: tuple[Tensor, Tensor] | None, padding: _Padding) -> Any:
    """The module's forward, with the update A [K, r, I], B [K, O, r]."""
    runs = padding.runs
    if update is None:
        return lambda input: product(module, input.reshape(-1, input.shape[-1])).view(*input.shape[:-1], -1)
    a_KIr, b_KrO = (part.transpose(1, 2) for part in update)
    one_by_one = len(runs.counts) == 1 or (a_KIr.device.type == "cpu" and runs.longest >= _RUN)

    def forward(input: Tensor) -> Tensor:
        flat_TI = input.reshape(-1, input.shape[-1])
        output_TO = product(module, flat_TI)
        # Products are rounded before they are added, alone and padded alike.
        if len(runs.counts) == 1 and runs.counts[0] > 1:
            output_TO += flat_TI @ a_KIr[0] @ b_KrO[0]
        elif one_by_one:
            start = 0
            for a_Ir, b_rO, count in zip(a_KIr, b_KrO, runs.counts, strict=True):
                end = start + count
                own_TI = flat_TI[start:end] if count > 1 else flat_TI[start:end].expand(2, -1)
                output_TO[start:end] += (own_TI @ a_Ir @ b_rO)[:count]
                start = end
        else:
            update_KMO = torch.bmm(torch.bmm(padding.of(input, flat_TI), a_KIr), b_KrO)
            update_TO = update_KMO.view(-1, output_TO.shape[1])
            output_TO += update_TO if runs.place_T is None else update_TO.index_select(0, runs.place_T)
        return output_TO.view(*input.shape[:-1], -1)

    return forward
