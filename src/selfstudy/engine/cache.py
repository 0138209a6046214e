"""Static key-value caches of prefix segments and of rows, and the layout of a pass that fills and reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.engine.attend_tree import Link, attend_tree


class KeyValues:
    """Keys and values [R, G, C, D] a layer, made when first written; row r holds `lengths[r]` of C places at most."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = list(lengths)
        self.keys: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}

    @property
    def rows(self) -> int:
        return len(self.lengths)

    @property
    def capacity(self) -> int:
        return max(self.lengths)

    def write(self, layer: int, index: Tensor, key_TGD: Tensor, value_TGD: Tensor) -> None:
        """Put tokens at `index`, which `places` made."""
        if layer not in self.keys:
            shape = (self.rows, key_TGD.shape[1], self.capacity, key_TGD.shape[2])
            self.keys[layer], self.values[layer] = key_TGD.new_zeros(shape), value_TGD.new_zeros(shape)
        width = key_TGD.shape[2]
        self.keys[layer].view(-1, width).index_copy_(0, index, key_TGD.reshape(-1, width))
        self.values[layer].view(-1, width).index_copy_(0, index, value_TGD.reshape(-1, width))

    def places(self, row_T: Tensor, offset_T: Tensor, heads: int) -> Tensor:
        """Where keys of tokens at `offset_T` of rows `row_T` lie in the cache, flat [T · G]."""
        head_G = torch.arange(heads, device=row_T.device)
        return ((row_T[:, None] * heads + head_G) * self.capacity + offset_T[:, None]).reshape(-1)

    def keep(self, rows: Sequence[int]) -> KeyValues:
        """A cache of the named rows only, in that order; a row may be named again."""
        kept = KeyValues([self.lengths[r] for r in rows])
        for layer, keys in self.keys.items():
            index = torch.tensor(rows, device=keys.device)
            kept.keys[layer] = keys[:, :, : kept.capacity].index_select(0, index)
            kept.values[layer] = self.values[layer][:, :, : kept.capacity].index_select(0, index)
        return kept

    def copy_row(self, row: int, source: KeyValues, source_row: int) -> None:
        """Fill a row with one of another cache, of the same length."""
        length = self.lengths[row]
        for layer, keys in source.keys.items():
            if layer not in self.keys:
                shape = (self.rows, keys.shape[1], self.capacity, keys.shape[3])
                self.keys[layer], self.values[layer] = keys.new_zeros(shape), keys.new_zeros(shape)
            self.keys[layer][row, :, :length] = keys[source_row, :, :length]
            self.values[layer][row, :, :length] = source.values[layer][source_row, :, :length]


@dataclass(frozen=True)
class Written:
    """Tokens of a pass (all, or those of `tokens_T`) that go to `offset_T` of the rows `row_T` of `cache`."""

    cache: KeyValues
    tokens_T: Tensor | None
    row_T: Tensor
    offset_T: Tensor


@dataclass(frozen=True)
class Band:
    """Rows of about the same length that attention treats alike.

    Packed token `tokens_T[i]` goes to place row·L + offset, `scatter_T[i]`, of [R, L] (None: all places are filled in
    order; `tokens_T` None: by all tokens of the pass). `links` names the levels above and which of their segments the
    rows continue. With `cache` the rows' own keys are all that the cache holds up to `reach`, of which `seen` are seen.
    """

    tokens_T: Tensor | None
    scatter_T: Tensor | None
    rows: int
    longest: int
    links: tuple[tuple[KeyValues, Link], ...]
    cache: KeyValues | None = None
    reach: int = 0
    seen: Tensor | None = None

    def unpack(self, packed_TND: Tensor) -> Tensor:
        """[T, N, D] → [R, N, L, D], zeros where a row is shorter than L."""
        heads, width = packed_TND.shape[1:]
        flat = packed_TND if self.tokens_T is None else packed_TND.index_select(0, self.tokens_T)
        if self.scatter_T is not None:
            flat = flat.new_zeros(self.rows * self.longest, heads, width).index_copy(0, self.scatter_T, flat)
        return flat.reshape(self.rows, self.longest, heads, width).transpose(1, 2)

    def repack(self, rows_RNLD: Tensor) -> Tensor:
        """[R, N, L, D] → this band's tokens [t, N, D]."""
        flat = rows_RNLD.transpose(1, 2).reshape(self.rows * self.longest, *rows_RNLD.shape[1::2])
        return flat if self.scatter_T is None else flat.index_select(0, self.scatter_T)


class CachedLayout:
    """One pass: where its new tokens are written, and what the rows of each band attend to."""

    def __init__(self, positions_T: Tensor, written: Sequence[Written], bands: Sequence[Band]) -> None:
        self.positions_T = positions_T
        self.written, self.bands = written, bands
        self._places: list[Tensor] = []

    def attend(self, layer: int, query_TND: Tensor, key_TGD: Tensor, value_TGD: Tensor, scale: float) -> Tensor:
        """Attention output [T, N, D] of the pass's tokens; their keys and values are in the caches afterwards."""
        if not self._places:
            heads = key_TGD.shape[1]
            self._places = [to.cache.places(to.row_T, to.offset_T, heads) for to in self.written]
        for to, index in zip(self.written, self._places, strict=True):
            if to.tokens_T is None:
                to.cache.write(layer, index, key_TGD, value_TGD)
            else:
                to.cache.write(
                    layer, index, key_TGD.index_select(0, to.tokens_T), value_TGD.index_select(0, to.tokens_T)
                )
        out_TND: Tensor | None = None
        for band in self.bands:
            above = [(link, level.keys[layer], level.values[layer]) for level, link in band.links]
            if band.cache is not None:
                key, value = (x[layer][:, :, : band.reach] for x in (band.cache.keys, band.cache.values))
            else:
                key, value = band.unpack(key_TGD), band.unpack(value_TGD)
            found = band.repack(attend_tree(band.unpack(query_TND), above, key, value, band.seen, scale))
            if band.tokens_T is None:
                return found
            out_TND = query_TND.new_empty(query_TND.shape) if out_TND is None else out_TND
            out_TND.index_copy_(0, band.tokens_T, found)
        assert out_TND is not None, "a pass has tokens"
        return out_TND
