"""Attention over the rows of a packed pass, as one autograd node.

Written out because rows are short: for 50 tokens the products take a few dozen microseconds each, and what autograd
adds around them (copies of views, zero-filled gradients, masks filled out of place) took most of attention's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from selfstudy.engine.packing import Layout


@dataclass(frozen=True)
class _Kept:
    """What a group's backward pass needs: scaled query [R, G, nL, D] (n queries a key head), key and value
    [R, G, L, D], the prefix's [R or 1, G, P, D] if it has one, weights [R, G, nL, P + L]."""

    query: Tensor
    key: Tensor
    value: Tensor
    prefix: tuple[Tensor, Tensor] | None
    weights: Tensor

    @property
    def head(self) -> int:
        """P"""
        return 0 if self.prefix is None else self.prefix[0].shape[2]


class PackedAttention(torch.autograd.Function):
    """Query [T, N, D], key and value [T, G, D] → [T, N, D]; the weights of all rows exist at once."""

    @staticmethod
    def forward(
        ctx: Any, query_TND: Tensor, key_TGD: Tensor, value_TGD: Tensor, layout: Layout, scale: float
    ) -> Tensor:
        output_TND = query_TND.new_empty(query_TND.shape)
        kept: list[_Kept] = []
        for group in layout.groups:
            query_RNLD = group.unpack(query_TND) * scale
            R, N, L, D = query_RNLD.shape
            key, value = group.unpack(key_TGD), group.unpack(value_TGD)
            query = query_RNLD.reshape(R, key.shape[1], -1, D)
            prefix = None
            if group.prefix_of_R is not None:
                prefix = kept[0].key, kept[0].value
                if not layout.slots.single:
                    prefix = prefix[0].index_select(0, group.prefix_of_R), prefix[1].index_select(0, group.prefix_of_R)
            weights = _weights(query, key, prefix, L)
            kept.append(_Kept(query, key, value, prefix, weights))
            head = kept[-1].head
            out = weights[..., head:] @ value
            if prefix is not None:
                out += _against_prefix(weights[..., :head], prefix[1])
            group.put(output_TND, out.view(R, N, L, D))
        _clear_padding(layout, output_TND)
        ctx.kept, ctx.layout, ctx.scale = kept, layout, scale
        return output_TND

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        layout, kept = ctx.layout, ctx.kept
        grad_TND = grads[0]
        key_shape = (grad_TND.shape[0], *kept[0].key.shape[1::2])
        grad_query_TND = grad_TND.new_empty(grad_TND.shape)
        grad_key_TGD, grad_value_TGD = grad_TND.new_empty(key_shape), grad_TND.new_empty(key_shape)
        of_prefix: list[Tensor] = []
        # The prefix rows are the first group, and what goes on from them comes before it here.
        for group, keep in zip(reversed(layout.groups), reversed(kept), strict=True):
            grad_RNLD = group.unpack(grad_TND)
            grad = grad_RNLD.reshape(keep.query.shape)
            grad_query, of_own, of_head = _group_backward(keep, grad)
            if of_head is not None:
                if not of_prefix:
                    of_prefix = [torch.zeros_like(kept[0].key), torch.zeros_like(kept[0].value)]
                for into, part in zip(of_prefix, of_head, strict=True):
                    if layout.slots.single:
                        into += part
                    else:
                        into.index_add_(0, group.prefix_of_R, part)
            elif keep is kept[0]:
                for own, part in zip(of_own, of_prefix, strict=False):
                    own += part
            group.put(grad_query_TND, (grad_query * ctx.scale).view(grad_RNLD.shape))
            group.put(grad_key_TGD, of_own[0])
            group.put(grad_value_TGD, of_own[1])
        _clear_padding(layout, grad_query_TND, grad_key_TGD, grad_value_TGD)
        return grad_query_TND, grad_key_TGD, grad_value_TGD, None, None


def _clear_padding(layout: Layout, *of_tokens: Tensor) -> None:
    """What no group wrote to becomes zero."""
    if layout.padding:
        for each in of_tokens:
            each[-layout.padding :] = 0


def _weights(query: Tensor, key: Tensor, prefix: tuple[Tensor, Tensor] | None, length: int) -> Tensor:
    own = query @ key.transpose(2, 3)
    R, G, *_ = own.shape
    own.view(R, G, -1, length, length).add_(_hidden(length, own))
    scores = own if prefix is None else torch.cat([_against_prefix(query, prefix[0].transpose(2, 3)), own], dim=3)
    wide = torch.float64 if scores.dtype == torch.float64 else torch.float32
    return scores.softmax(dim=3, dtype=wide).to(query.dtype)


def _hidden(length: int, like: Tensor) -> Tensor:
    """-inf where a query would see a later key, else 0."""
    return torch.full((length, length), float("-inf"), dtype=like.dtype, device=like.device).triu_(1)


def _against_prefix(left: Tensor, right: Tensor) -> Tensor:
    """[R, G, M, X] times [R or 1, G, X, Y]; one right side for all rows makes it one product a head."""
    if right.shape[0] == left.shape[0]:
        return left @ right
    R, G, M, _ = left.shape
    flat = left.transpose(0, 1).reshape(G, R * M, -1) @ right[0]
    return flat.view(G, R, M, -1).transpose(0, 1)


def _onto_prefix(left: Tensor, right: Tensor, rows: int) -> Tensor:
    """Sums over M of [R, G, M, X] and [R, G, M, Y] → [R, G, X, Y], or over rows as well if `rows` is 1."""
    if rows == left.shape[0]:
        return left.transpose(2, 3) @ right
    flat_left, flat_right = (x.transpose(0, 1).reshape(x.shape[1], -1, x.shape[3]) for x in (left, right))
    return (flat_left.transpose(1, 2) @ flat_right)[None]


def _group_backward(keep: _Kept, grad: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor] | None]:
    """Gradients of the scaled query, of own key and value, and of the prefix's key and value."""
    head, weights = keep.head, keep.weights
    grad_weights = grad @ keep.value.transpose(2, 3)
    if keep.prefix is not None:
        before = _against_prefix(grad, keep.prefix[1].transpose(2, 3))
        grad_weights = torch.cat([before, grad_weights], dim=3)
    slope = torch.ops.aten._softmax_backward_data(grad_weights, weights, 3, weights.dtype)
    own, own_weights = slope[..., head:], weights[..., head:]
    grad_query = own @ keep.key
    of_own = [own.transpose(2, 3) @ keep.query, own_weights.transpose(2, 3) @ grad]
    if keep.prefix is None:
        return grad_query, of_own, None
    rows = keep.prefix[0].shape[0]
    grad_query += _against_prefix(slope[..., :head], keep.prefix[0])
    return grad_query, of_own, [
        _onto_prefix(slope[..., :head], keep.query, rows), _onto_prefix(weights[..., :head], grad, rows)
    ]  # fmt: skip
