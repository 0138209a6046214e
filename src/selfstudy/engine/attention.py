"""Attention over packed rows, plugged into transformers' attention interface.

The layout of a pass travels as a keyword argument of the forward call, so nothing is set beforehand.
"""

from __future__ import annotations

from ctypes import CDLL
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention
from transformers import AttentionInterface

from selfstudy.engine.attend_packed import PackedAttention
from selfstudy.engine.cache import CachedLayout
from selfstudy.engine.native_attention import NativeAttention, fits
from selfstudy.engine.packing import Layout

NAME = "selfstudy_packed"
SHORT = 512
"""Up to this many tokens a row plain matrix products, forward and backward, beat the fused kernel on a CPU (LOG.md: at
768 no longer). Forward alone the fused kernel takes half as long for rows of 25 tokens, a quarter for 120."""


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
    kernels: CDLL | None = None,
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
    if not query.requires_grad or max(group.longest for group in layout.groups) > SHORT:
        return _attend_fused(layout, query_TND, key_TGD, value_TGD, scale)[None], None
    states = query_TND, key_TGD, value_TGD
    if kernels is not None and fits(query_TND):
        out_TND: Tensor = NativeAttention.apply(*states, layout, scale, kernels)  # type: ignore[no-untyped-call]
    else:
        out_TND = PackedAttention.apply(*states, layout, scale)  # type: ignore[no-untyped-call]
    return out_TND[None], None


def _attend_fused(layout: Layout, query_TND: Tensor, key_TGD: Tensor, value_TGD: Tensor, scale: float) -> Tensor:
    """With torch's kernel, which does not hold the weights of long rows all at once."""
    found, before = [], None
    for group in layout.groups:
        query, key, value = group.unpack(query_TND), group.unpack(key_TGD), group.unpack(value_TGD)
        if before is None and layout.prefix_length:
            before = key, value
        prefix = None
        if group.prefix_of_R is not None and before is not None:
            prefix = before[0].index_select(0, group.prefix_of_R), before[1].index_select(0, group.prefix_of_R)
        found.append(group.repack(_attend_rows(query, key, value, prefix, scale)))
    joined = found[0] if len(found) == 1 else torch.cat(found)
    ordered = joined if layout.place_T is None else joined.index_select(0, layout.place_T)
    return pad(ordered, (0, 0, 0, 0, 0, layout.padding)) if layout.padding else ordered


def _attend_rows(
    query_RNLD: Tensor, key_RGLD: Tensor, value_RGLD: Tensor, prefix: tuple[Tensor, Tensor] | None, scale: float
) -> Tensor:
    """Rows [R, N, L, D] that attend to themselves, after a prefix [R, G, P, D] where there is one.

    Rows are padded on the right, so the causal mask alone keeps real tokens from seeing padding.
    """
    longest = query_RNLD.shape[2]
    grouped = query_RNLD.shape[1] != key_RGLD.shape[1]
    if prefix is None:
        return scaled_dot_product_attention(
            query_RNLD, key_RGLD, value_RGLD, is_causal=True, scale=scale, enable_gqa=grouped
        )
    length = prefix[0].shape[2]
    visible = torch.ones(longest, length + longest, dtype=torch.bool, device=query_RNLD.device).tril(length)
    key_all, value_all = (
        torch.cat([before, own], dim=2) for before, own in zip(prefix, (key_RGLD, value_RGLD), strict=True)
    )
    return scaled_dot_product_attention(
        query_RNLD, key_all, value_all, attn_mask=visible, scale=scale, enable_gqa=grouped
    )


def register() -> None:
    """Make the function known to transformers under `NAME` (idempotent; holds no state)."""
    AttentionInterface.register(NAME, packed_attention)
