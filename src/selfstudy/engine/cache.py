"""Key-value cache of one batch of continuations: shared prefix, prompts, and tokens generated so far."""

from __future__ import annotations

import torch
from torch import Tensor

from selfstudy.engine.attend_parts import attend_parts, causal
from selfstudy.engine.packing import RowGroup, Slots


class PrefixCache:
    """Keys and values [S, G, P, D] a layer, of one prefix in S adapter slots (filled by a pass of its own)."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.keys: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}


class RowCache:
    """Static keys and values [R, G, C, D] a layer; C is the most tokens that a row can reach beyond the prefix."""

    def __init__(self, rows: int, capacity: int) -> None:
        self.rows, self.capacity = rows, capacity
        self.keys: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}

    def keep(self, rows: Tensor) -> RowCache:
        """A cache of the named rows only, in that order."""
        kept = RowCache(int(rows.numel()), self.capacity)
        kept.keys = {layer: t.index_select(0, rows) for layer, t in self.keys.items()}
        kept.values = {layer: t.index_select(0, rows) for layer, t in self.values.items()}
        return kept


class CachedLayout:
    """One pass of generation: new tokens `group` of R rows, written to the cache at `offset_R` and after.

    Without `rows` (a prefix pass) each of the group's rows is a slot's prefix and is stored in `prefix`.
    """

    def __init__(
        self,
        *,
        positions_T: Tensor,
        slots: Slots,
        group: RowGroup,
        prefix: PrefixCache | None,
        rows: RowCache | None,
        offset_R: Tensor,
        slot_of_R: Tensor,
    ) -> None:
        self.positions_T, self.slots, self.group = positions_T, slots, group
        self.prefix, self.rows = prefix, rows
        self.offset_R, self.slot_of_R = offset_R, slot_of_R

    def attend(self, layer: int, query_TND: Tensor, key_TGD: Tensor, value_TGD: Tensor, scale: float) -> Tensor:
        group = self.group
        query, key, value = group.unpack(query_TND), group.unpack(key_TGD), group.unpack(value_TGD)
        if self.rows is None:
            assert self.prefix is not None
            self.prefix.keys[layer], self.prefix.values[layer] = key, value
            return group.repack(attend_parts(query, [(key, value, causal(group.longest, query))], scale))
        self._store(layer, key, value)
        reach = int(self.offset_R.max()) + group.longest
        keys, values = self.rows.keys[layer][:, :, :reach], self.rows.values[layer][:, :, :reach]
        places = torch.arange(reach, device=query.device)
        last_RL = self.offset_R[:, None] + torch.arange(group.longest, device=query.device)
        mask = (places <= last_RL[:, :, None])[:, None]  # [R, 1, L, C]
        parts: list[tuple[Tensor, Tensor, Tensor | None]] = []
        if self.prefix is not None and self.prefix.length:
            prefix_k, prefix_v = self.prefix.keys[layer], self.prefix.values[layer]
            if prefix_k.shape[0] > 1:
                prefix_k, prefix_v = prefix_k.index_select(0, self.slot_of_R), prefix_v.index_select(0, self.slot_of_R)
            parts.append((prefix_k, prefix_v, None))
        return group.repack(attend_parts(query, [*parts, (keys, values, mask)], scale))

    def _store(self, layer: int, key_RGLD: Tensor, value_RGLD: Tensor) -> None:
        assert self.rows is not None
        rows, group = self.rows, self.group
        if layer not in rows.keys:
            shape = (rows.rows, key_RGLD.shape[1], rows.capacity, key_RGLD.shape[3])
            rows.keys[layer], rows.values[layer] = key_RGLD.new_zeros(shape), value_RGLD.new_zeros(shape)
        row = torch.arange(rows.rows, device=key_RGLD.device)[:, None]
        # A short row's padding may reach past the cache; it is written to the last place and hidden by the mask
        # until a real token overwrites it.
        place = (self.offset_R[:, None] + torch.arange(group.longest, device=row.device)).clamp_max(rows.capacity - 1)
        rows.keys[layer][row, :, place] = key_RGLD.transpose(1, 2)
        rows.values[layer][row, :, place] = value_RGLD.transpose(1, 2)
