"""Attention over packed rows, plugged into transformers' attention interface.

The layout of a pass travels as a keyword argument of the forward call, so nothing is set beforehand.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from selfstudy.engine.attend_parts import attend_parts, causal
from selfstudy.engine.cache import CachedLayout
from selfstudy.engine.packing import Layout

NAME = "selfstudy_packed"
SHORT = 128
"""Up to this many tokens a row plain matrix products beat the fused kernel on a CPU (profiled: its backward pass took
a fifth of a training step at 25 tokens a row)."""


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    layout: Layout | CachedLayout,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Query [1, N, T, D], key and value [1, G, T, D] → [1, T, N, D].

    Raises:
        ValueError: the model asks for a form of attention that is not done here (soft cap, or rows longer than its
            sliding window).
    """
    if softcap is not None:
        raise ValueError(f"attention: {type(module).__name__} uses a soft cap, which is not supported")
    if sliding_window is not None and int(layout.positions_T.max()) >= sliding_window:
        raise ValueError(
            f"attention: a row is longer than the sliding window of {sliding_window} tokens; use shorter passages"
        )
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    query_TND, key_TGD, value_TGD = (x[0].transpose(0, 1) for x in (query, key, value))
    if isinstance(layout, CachedLayout):
        index = getattr(module, "layer_idx", None)
        if not isinstance(index, int):
            raise ValueError(f"attention: {type(module).__name__} has no layer_idx, so its cache cannot be found")
        return layout.attend(index, query_TND, key_TGD, value_TGD, scale)[None], None
    return _attend(layout, query_TND, key_TGD, value_TGD, scale)[None], None


def _attend(layout: Layout, query_TND: Tensor, key_TGD: Tensor, value_TGD: Tensor, scale: float) -> Tensor:
    grouped = query_TND.shape[1] != key_TGD.shape[1]
    alone = layout.alone
    key_RGLD, value_RGLD = alone.unpack(key_TGD), alone.unpack(value_TGD)
    # Rows are padded on the right, so the causal mask alone keeps real tokens from seeing padding.
    query_RNLD = alone.unpack(query_TND)
    if alone.longest <= SHORT:
        out_RNLD = attend_parts(query_RNLD, [(key_RGLD, value_RGLD, causal(alone.longest, query_TND))], scale)
    else:
        out_RNLD = scaled_dot_product_attention(
            query_RNLD, key_RGLD, value_RGLD, is_causal=True, scale=scale, enable_gqa=grouped
        )
    out_TND = alone.repack(out_RNLD)
    if layout.continued is None or layout.prefix_of_R is None:
        return out_TND  # `alone` then covers all tokens in order
    more, prefix = layout.continued, layout.prefix_length
    query_more, key_more, value_more = more.unpack(query_TND), more.unpack(key_TGD), more.unpack(value_TGD)
    key_before, value_before = key_RGLD[:, :, :prefix], value_RGLD[:, :, :prefix]
    if layout.slots.single:
        only = int(layout.prefix_of_R[0])
        key_before, value_before = key_before[only : only + 1], value_before[only : only + 1]
    else:
        key_before, value_before = (x.index_select(0, layout.prefix_of_R) for x in (key_before, value_before))
    if more.longest <= SHORT:
        own = (key_more, value_more, causal(more.longest, query_TND))
        more_out = attend_parts(query_more, [(key_before, value_before, None), own], scale)
    else:
        visible = torch.ones(more.longest, prefix + more.longest, dtype=torch.bool, device=query_TND.device)
        key_all, value_all = (
            torch.cat([before.expand(more.rows, -1, -1, -1), own], dim=2)
            for before, own in ((key_before, key_more), (value_before, value_more))
        )
        more_out = scaled_dot_product_attention(
            query_more, key_all, value_all, attn_mask=visible.tril(prefix), scale=scale, enable_gqa=grouped
        )
    merged = query_TND.new_zeros(query_TND.shape)
    merged = merged.index_copy(0, alone.tokens_T, out_TND)
    return merged.index_copy(0, more.tokens_T, more.repack(more_out))


def register() -> None:
    """Make the function known to transformers under `NAME` (idempotent; holds no state)."""
    AttentionInterface.register(NAME, packed_attention)
