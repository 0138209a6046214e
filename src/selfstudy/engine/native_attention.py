"""Attention over the rows of a packed pass by a kernel in C: row by row, with nothing padded or copied apart.

For rows of 50 tokens torch's operators around the products, and products of so few tokens themselves, take several
times as long as the arithmetic (LOG.md, 2026-11-30).
"""

from __future__ import annotations

import ctypes
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from selfstudy.engine.native import at, check
from selfstudy.engine.packing import Layout


class _Rows(ctypes.Structure):
    """`Rows` of kernels/attention.c."""

    _fields_ = [
        ("num_rows", ctypes.c_size_t),
        ("heads", ctypes.c_size_t),
        ("key_heads", ctypes.c_size_t),
        ("width", ctypes.c_size_t),
        ("scale", ctypes.c_float),
        ("starts", ctypes.POINTER(ctypes.c_int64)),
        ("lengths", ctypes.POINTER(ctypes.c_int64)),
        ("prefixes", ctypes.POINTER(ctypes.c_int64)),
        ("weights", ctypes.POINTER(ctypes.c_int64)),
    ]


def fits(query: Tensor) -> bool:
    """Whether the kernel of their number format takes such queries: heads of an even width."""
    return query.device.type == "cpu" and query.shape[-1] % 2 == 0


class NativeAttention(torch.autograd.Function):
    """Query [T, N, D], key and value [T, G, D] → [T, N, D]; the weights of all rows exist at once."""

    @staticmethod
    def forward(
        ctx: Any, query_TND: Tensor, key_TGD: Tensor, value_TGD: Tensor, layout: Layout, scale: float,
        library: ctypes.CDLL,
    ) -> Tensor:  # fmt: skip
        states = [state.contiguous() for state in (query_TND, key_TGD, value_TGD)]
        rows, num_weights = _rows(layout, query_TND.shape[1], key_TGD.shape[1], query_TND.shape[2], scale)
        weights = query_TND.new_empty(num_weights)
        output_TND = torch.empty_like(states[0])
        check(library.attention_forward(ctypes.byref(rows), *map(at, (*states, output_TND, weights))), "attention")
        if layout.padding:
            output_TND[-layout.padding :] = 0
        ctx.save_for_backward(*states, weights)
        ctx.layout, ctx.rows, ctx.library = layout, rows, library
        return output_TND

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        *states, weights = ctx.saved_tensors
        left = [torch.empty_like(state) for state in states]
        grad_TND = grads[0].contiguous()
        failed = ctx.library.attention_backward(ctypes.byref(ctx.rows), *map(at, (*states, weights, grad_TND, *left)))
        check(failed, "attention")
        if ctx.layout.padding:
            for each in left:
                each[-ctx.layout.padding :] = 0
        return *left, None, None, None


def _rows(layout: Layout, heads: int, key_heads: int, width: int, scale: float) -> tuple[_Rows, int]:
    """The kernel's view of the layout, and how many weights its rows have."""
    spans = layout.spans
    before = [0 if span.prefix is None else spans[span.prefix].length for span in spans]
    # Weights of a query lie in an even number of places.
    sizes = [heads * s.length * -(-(p + s.length) // 2) * 2 for s, p in zip(spans, before, strict=True)]
    *begins, total = accumulate(sizes, initial=0)
    of_spans = [
        [span.start for span in spans],
        [span.length for span in spans],
        [-1 if span.prefix is None else span.prefix for span in spans],
        begins,
    ]
    arrays = ((ctypes.c_int64 * len(spans))(*numbers) for numbers in of_spans)
    return _Rows(len(spans), heads, key_heads, width, scale, *arrays), total
