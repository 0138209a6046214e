"""Decode one batch of continuations: its prefix tree once, then a token a row and pass until each row has ended."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from selfstudy.engine.adapted import adapted, runs_of
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.cache import Band, CachedLayout, KeyValues, Written
from selfstudy.engine.lora import LowRank
from selfstudy.engine.pick import Row, pick
from selfstudy.engine.prefill import Levels, Piece, Segments, lay_out
from selfstudy.engine.prefix_tree import Leaf, PrefixTree
from selfstudy.engine.projections import Projection
from selfstudy.engine.tiles import logits


class Batch:
    """Rows that are decoded together; `stack` holds the adapters of the slots from `first_slot` on."""

    def __init__(
        self, backbone: Backbone, projections: tuple[Projection, ...], stack: dict[str, LowRank], first_slot: int
    ) -> None:
        self._backbone, self._projections = backbone, projections
        self._stack, self._first = stack, first_slot

    def generate(
        self,
        tree: PrefixTree,
        before: Segments | None,
        batch: Sequence[tuple[Leaf, Row]],
        prompts: Sequence[tuple[int, ...]],
        tokens_in_flight: int,
    ) -> Segments:
        for _, row in batch:
            row.begin()
        leaves = list(dict.fromkeys(leaf for leaf, _ in batch))
        segments = Segments(tree, leaves, before)
        capacity = dict.fromkeys(leaves, 0)
        slot_of = {leaf: row.slot for leaf, row in batch}
        for leaf, row in batch:
            capacity[leaf] = max(capacity[leaf], len(prompts[leaf.row]) - leaf.start + row.request.max_new_tokens)
        cache = KeyValues(list(capacity.values()))
        hidden: list[Tensor] = []
        pieces: list[Piece] = []
        for place, leaf in enumerate(leaves):
            ids = prompts[leaf.row][leaf.start :]
            wanted = [segments.piece(s) for s in segments.missing(leaf)]
            wanted.append(Piece(ids, slot_of[leaf], leaf.start, leaf.chain, -1, place))
            if pieces and sum(len(p.ids) for p in (*pieces, *wanted)) > tokens_in_flight:
                hidden.append(self._prefill(pieces, segments, cache))
                pieces = []
            pieces += wanted
        hidden.append(self._prefill(pieces, segments, cache))
        place_of = {leaf: place for place, leaf in enumerate(leaves)}
        of_rows = [place_of[leaf] for leaf, _ in batch]
        hidden_RH = torch.cat(hidden)
        if len(leaves) < len(batch):
            cache = cache.keep(of_rows)
            hidden_RH = hidden_RH[torch.tensor(of_rows, device=hidden_RH.device)]
        self._decode(
            [row for _, row in batch], hidden_RH, cache, segments,
            [leaf.chain for leaf, _ in batch], [len(prompts[leaf.row]) - leaf.start for leaf, _ in batch],
            [leaf.start for leaf, _ in batch],
        )  # fmt: skip
        return segments

    def _prefill(self, pieces: Sequence[Piece], segments: Segments, cache: KeyValues) -> Tensor:
        """States [leaves, H] at the last token of each leaf."""
        device = self._backbone.device
        ids_T, layout = lay_out(pieces, segments, cache, device)
        runs = runs_of([piece.slot for piece in pieces], [len(piece.ids) for piece in pieces], device)
        with adapted(self._projections, self._stack, runs, self._first):
            hidden_TH = self._backbone.states(ids_T, layout)
        ends, cursor = [], 0
        for piece in pieces:
            cursor += len(piece.ids)
            if piece.level == -1:
                ends.append(cursor - 1)
        return hidden_TH[torch.tensor(ends, device=hidden_TH.device)]

    def _decode(
        self,
        live: list[Row],
        hidden_RH: Tensor,
        cache: KeyValues,
        segments: Segments,
        chains: list[tuple[int, ...]],
        written: list[int],
        starts: list[int],
    ) -> None:
        """Decode to the end. `written` counts each row's tokens in the cache, behind `starts` in segments."""
        device = self._backbone.device
        places = list(range(len(live)))  # of the live rows in the cache
        new = pick(logits(self._backbone.head, hidden_RH), live)
        while kept := [i for i, row in enumerate(live) if not row.done]:
            live, new = [live[i] for i in kept], [new[i] for i in kept]
            places, written = [places[i] for i in kept], [written[i] for i in kept]
            if 2 * len(live) <= cache.rows:
                # Rows that have ended are carried along as empty places of attention until copying the others pays.
                cache = cache.keep(places)
                chains, starts = [chains[p] for p in places], [starts[p] for p in places]
                places = list(range(len(live)))
            # A row left alone is taken twice, as `adapted.Runs` has it, and writes the same to the cache twice.
            twice = 2 if len(live) == 1 else 1
            step = _Step(
                cache, segments.links(chains, device), places * twice, [starts[p] for p in places] * twice, device
            )
            runs = runs_of([row.slot for row in live] * twice, [1] * len(live) * twice, device)
            with adapted(self._projections, self._stack, runs, self._first):
                while len(kept) == len(live):
                    layout = step.layout(written * twice)
                    hidden_RH = self._backbone.states(torch.tensor(new * twice, device=device), layout)
                    written = [n + 1 for n in written]
                    new = pick(logits(self._backbone.head, hidden_RH[: len(live)]), live)
                    kept = [i for i, row in enumerate(live) if not row.done]


class _Step:
    """What one-token passes have in common while no row ends; live row i lies in row `places[i]` of `cache`."""

    def __init__(
        self, cache: KeyValues, links: Levels, places: Sequence[int], starts: Sequence[int], device: torch.device
    ) -> None:
        self._cache, self._links = cache, links
        self._row_T, self._start_T = (torch.tensor(of, device=device) for of in (places, starts))

    def layout(self, written: Sequence[int]) -> CachedLayout:
        """The pass in which each live row has `written` tokens in the cache already."""
        cache, row_T = self._cache, self._row_T
        offset_T = torch.tensor(written, device=row_T.device)
        reach = max(written) + 1
        last_R = offset_T.new_zeros(cache.rows).index_copy_(0, row_T, offset_T)
        seen = (torch.arange(reach, device=row_T.device) <= last_R[:, None])[:, None, None]
        scatter_T = None if len(written) == cache.rows else row_T
        band = Band(None, scatter_T, cache.rows, 1, self._links, cache, reach, seen)
        return CachedLayout(self._start_T + offset_T, [Written(cache, None, row_T, offset_T)], [band])
