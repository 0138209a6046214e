"""The low-rank products of a pass's slots by a kernel in C, slot by slot: nothing is padded, copied or summed up apart.

Torch's batched products of a few dozen tokens, with what pads and adds them, took as long as half of the base's own
with all linear layers adapted; the kernel takes a quarter of that (LOG.md, 2026-11-30).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from itertools import accumulate

from torch import Tensor

from selfstudy.engine.native import at, check
from selfstudy.engine.slot_products import Gradients


class _Shape(ctypes.Structure):
    """`Shape` of kernels/low_rank.c."""

    _fields_ = [
        ("num_slots", ctypes.c_size_t),
        ("num_projections", ctypes.c_size_t),
        ("rank", ctypes.c_size_t),
        ("inputs", ctypes.c_size_t),
        ("starts", ctypes.POINTER(ctypes.c_int64)),
        ("scales", ctypes.POINTER(ctypes.c_float)),
        ("outputs", ctypes.POINTER(ctypes.c_int64)),
    ]


def fits(like: Tensor, widths: Iterable[int]) -> bool:
    """Whether the kernel of their number format takes such tensors: ranks and widths are even."""
    return like.device.type == "cpu" and not any(width % 2 for width in widths)


class NativeProducts:
    """Slots of `sizes` tokens, one after another, and what the updates of each are multiplied by."""

    def __init__(self, library: ctypes.CDLL, sizes: Sequence[int], scales: Sequence[float]) -> None:
        self._library, self._count = library, len(sizes)
        self._starts = (ctypes.c_int64 * (len(sizes) + 1))(0, *accumulate(sizes))
        self._scales = (ctypes.c_float * len(scales))(*scales)

    def add(
        self, input_TI: Tensor, a_KnI: Tensor, b_KOr: Sequence[Tensor], into: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Keeps the input and the scaled inner states [T, n r]."""
        input_TI = input_TI.contiguous()
        inner_Tn = input_TI.new_empty(input_TI.shape[0], a_KnI.shape[1])
        failed = self._library.low_rank_forward(
            self._shape(a_KnI, b_KOr), at(input_TI), at(a_KnI), _each_at(b_KOr), _each_at(into), at(inner_Tn)
        )
        check(failed, "low-rank products")
        return input_TI, inner_Tn

    def back(
        self, kept: tuple[Tensor, Tensor], a_KnI: Tensor, b_KOr: Sequence[Tensor], grads: Sequence[Tensor],
        grad_TI: Tensor | None, into: Gradients,
    ) -> None:  # fmt: skip
        input_TI, inner_Tn = kept
        failed = self._library.low_rank_backward(
            self._shape(a_KnI, b_KOr), at(input_TI), at(a_KnI), _each_at(b_KOr), at(inner_Tn), _each_at(grads),
            None if grad_TI is None else at(grad_TI), at(into.a_KnI), _each_at(into.b_KOr),
            into.written,
        )  # fmt: skip
        check(failed, "low-rank products")
        into.written = True

    def _shape(self, a_KnI: Tensor, b_KOr: Sequence[Tensor]) -> object:
        widths = (ctypes.c_int64 * len(b_KOr))(*(b.shape[1] for b in b_KOr))
        return ctypes.byref(
            _Shape(
                self._count, len(b_KOr), b_KOr[0].shape[2], a_KnI.shape[2], self._starts, self._scales, widths
            )
        )  # fmt: skip


def _each_at(tensors: Sequence[Tensor]) -> object:
    return (ctypes.c_void_p * len(tensors))(*map(at, tensors))
