"""Hidden states of the layers below the lowest adapted one: computed once a row, reused at every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from selfstudy.engine.backbone import Backbone
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.packing import Layout, PackedRow, pack
from selfstudy.engine.pieces import Piece
from selfstudy.engine.projections import Projection

MOST_BYTES = 2 << 30
"""Above this the states are not kept and every pass starts from the token ids."""


Entries = Sequence[tuple[Piece | None, PackedRow]]


class LowerStates:
    """States that enter layer `cut`, by content of the row; exact, since nothing below `cut` is adapted."""

    def __init__(
        self,
        backbone: Backbone,
        projections: tuple[Projection, ...],
        jobs: Sequence[TrainJob],
        cut: int,
        prefix: tuple[int, ...],
        tokens_in_flight: int,
    ) -> None:
        self._backbone, self._prefix = backbone, prefix
        distinct = list({row.ids: None for job in jobs for row in job.rows})
        needed = sum(map(len, distinct)) * backbone.head.weight.shape[1] * backbone.head.weight.element_size()
        self.cut = cut if backbone.splits and needed <= MOST_BYTES else 0
        self._states: dict[tuple[int, ...], Tensor] = {}
        if self.cut == 0:
            return
        batch: list[tuple[int, ...]] = []
        for ids in [*distinct, prefix]:
            if ids and batch and sum(map(len, batch)) + len(ids) > tokens_in_flight:
                self._compute(batch)
                batch = []
            if ids:
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
        for place in placed:
            states = hidden_TH[place.start : place.start + place.length]
            ids = self._prefix if place.row < 0 else rows[place.row]
            # The prefix row comes first in a pass, so its states are there when rows continue them.
            self._states[ids] = torch.cat([self._states[self._prefix], states]) if place.skipped else states.clone()

    def enter(self, entries: Entries, layout: Layout) -> Tensor:
        """Final states [T, H] of a pass; `entries` lists its rows in packed order, None for a prefix row."""
        rows = [(self._prefix if piece is None else piece.tokens.ids, place) for piece, place in entries]
        if self.cut == 0:
            flat = [t for ids, place in rows for t in ids[place.skipped :]] + [0] * layout.padding
            return self._backbone.states(torch.tensor(flat, device=self._backbone.device), layout)
        states = [self._states[ids][place.skipped :] for ids, place in rows]
        hidden_TH = torch.cat([*states, states[0].new_zeros(layout.padding, states[0].shape[1])])
        return self._backbone.upper(hidden_TH, layout, self.cut)
