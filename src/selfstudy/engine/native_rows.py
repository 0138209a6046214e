"""Norms, gates and the loss of training passes by kernels in C: one pass over each row instead of an operation each.

Rounding is transformers': a norm before and after its weight, a gate before and after the product.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor


class NativeNorm(torch.autograd.Function):
    """[..., H] → [..., H], as `norms.RootMeanSquare`."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, weight_H: Tensor, epsilon: float, library: ctypes.CDLL) -> Tensor:
        input, output = input.contiguous(), torch.empty_like(input, memory_format=torch.contiguous_format)
        width = input.shape[-1]
        count = input.numel() // width
        rates = torch.empty(count, dtype=torch.float32)
        library.norm_forward(
            input.data_ptr(), weight_H.data_ptr(), count, width, epsilon, output.data_ptr(), rates.data_ptr()
        )
        ctx.save_for_backward(input, weight_H, rates)
        ctx.library = library
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        input, weight_H, rates = ctx.saved_tensors
        grad, left = grads[0].contiguous(), torch.empty_like(input)
        ctx.library.norm_backward(
            input.data_ptr(), weight_H.data_ptr(), rates.data_ptr(), grad.data_ptr(), rates.numel(), input.shape[-1],
            left.data_ptr(),
        )  # fmt: skip
        return left, None, None, None


class NativeGate(torch.autograd.Function):
    """silu(gate) · up, of tensors of one shape."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor, library: ctypes.CDLL) -> Tensor:
        gate, up = gate.contiguous(), up.contiguous()
        output = torch.empty_like(gate)
        library.gate_forward(gate.data_ptr(), up.data_ptr(), gate.numel(), output.data_ptr())
        ctx.save_for_backward(gate, up)
        ctx.library = library
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        gate, up = ctx.saved_tensors
        grad, of_gate, of_up = grads[0].contiguous(), torch.empty_like(gate), torch.empty_like(up)
        ctx.library.gate_backward(
            gate.data_ptr(), up.data_ptr(), grad.data_ptr(), gate.numel(), of_gate.data_ptr(), of_up.data_ptr()
        )
        return of_gate, of_up, None


def log_sum_exp(logits_SV: Tensor, library: ctypes.CDLL) -> Tensor:
    """[S] in float32"""
    sums_S = torch.empty(logits_SV.shape[0], dtype=torch.float32)
    library.log_sum_exp(logits_SV.data_ptr(), *logits_SV.shape, sums_S.data_ptr())
    return sums_S


def scaled_softmax_(logits_SV: Tensor, sums_S: Tensor, scale_S: Tensor, library: ctypes.CDLL) -> None:
    """Make of the logits their softmax, times each row's scale; `sums_S` is their `log_sum_exp`."""
    at = logits_SV.data_ptr()
    library.scaled_softmax(at, sums_S.data_ptr(), scale_S.data_ptr(), *logits_SV.shape, at)
