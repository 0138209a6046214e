"""Hidden states of the layers below the lowest adapted one: computed once a row, reused at every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from selfstudy.engine.backbone import Backbone
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.lanes import Lane, shared_zeros, stretches
from selfstudy.engine.packing import Layout, PackedRow, pack
from selfstudy.engine.pieces import Piece

MOST_BYTES = 2 << 30
"""Above this the states are not kept and every pass starts from the token ids."""


Entries = Sequence[tuple[Piece | None, PackedRow]]


class LowerStates:
    """States that enter layer `cut`, by content of the row; exact, since nothing below `cut` is adapted.

    Made before lanes are opened; in each of them `compute` comes first, and all wait for each other before `enter`.
    """

    def __init__(
        self, backbone: Backbone, jobs: Sequence[TrainJob], cut: int, prefix: tuple[int, ...], lanes: int
    ) -> None:
        self._backbone, self._prefix = backbone, prefix
        # The prefix, where there is one, is a row of its own as well.
        rows = list({row.ids: None for job in jobs for row in job.rows} | ({prefix: None} if prefix else {}))
        lengths, weight = [len(ids) for ids in rows], backbone.head.weight
        fits = sum(lengths) * weight.shape[1] * weight.element_size() <= MOST_BYTES
        self.cut = cut if backbone.splits and fits else 0
        self._states: dict[tuple[int, ...], Tensor] = {}
        if self.cut:
            shape = (sum(lengths), weight.shape[1])
            states_NH = shared_zeros(*shape, dtype=weight.dtype) if lanes > 1 else weight.new_empty(shape)
            self._states = dict(zip(rows, states_NH.split(lengths), strict=True))

    def compute(self, lane: Lane, tokens_in_flight: int) -> None:
        """This lane's share of the rows, in passes that hold about its share of `tokens_in_flight`."""
        rows = list(self._states)
        if not rows:
            return
        own = stretches([len(ids) for ids in rows], lane.count)[lane.number]
        batch: list[tuple[int, ...]] = []
        for ids in rows[own.start : own.stop]:
            if batch and sum(map(len, batch)) + len(ids) > tokens_in_flight // lane.count:
                self._compute(batch)
                batch = []
            batch.append(ids)
        if batch:
            self._compute(batch)

    @torch.no_grad()
    def _compute(self, rows: list[tuple[int, ...]]) -> None:
        device, head = self._backbone.device, len(self._prefix)
        shares = [len(ids) > head > 0 and ids[:head] == self._prefix for ids in rows]
        layout, placed = pack([[len(ids) for ids in rows]], [shares], head, device)
        ids_of = [(self._prefix if p.row < 0 else rows[p.row])[p.skipped :] for p in placed]
        hidden_TH = self._backbone.lower(
            torch.tensor([t for ids in ids_of for t in ids], device=device), layout, self.cut
        )
        of_prefix = hidden_TH[:0]
        for place in placed:
            states = hidden_TH[place.start : place.start + place.length]
            if place.row < 0:
                of_prefix = states  # it comes first in a pass, before rows that go on from it
            else:
                into = self._states[rows[place.row]]
                into[: place.skipped] = of_prefix[: place.skipped]
                into[place.skipped :] = states

    def enter(self, entries: Entries, layout: Layout) -> Tensor:
        """Final states [T, H] of a pass; `entries` lists its rows in packed order, None for a prefix row."""
        rows = [(self._prefix if piece is None else piece.tokens.ids, place) for piece, place in entries]
        if self.cut == 0:
            flat = [t for ids, place in rows for t in ids[place.skipped :]] + [0] * layout.padding
            return self._backbone.states(torch.tensor(flat, device=self._backbone.device), layout)
        states = [self._states[ids][place.skipped :] for ids, place in rows]
        hidden_TH = torch.cat([*states, states[0].new_zeros(layout.padding, states[0].shape[1])])
        return self._backbone.upper(hidden_TH, layout, self.cut)
