"""A frozen projection with a low-rank update of each slot, as one autograd node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from selfstudy.engine.bands import Band


@dataclass
class Gradients:
    """Where the gradients of A [K, r, I] and B [K, O, r] are left. `written` turns true with a pass's first write."""

    a_KrI: Tensor
    b_KOr: Tensor
    written: bool = False


class AdaptedLinear(torch.autograd.Function):
    """x Wᵀ + bias + scale (x Aᵀ) Bᵀ with W frozen; each token has its own slot's A, B and scale.

    `padded` is the input as each band pads it.

    Written out because a training step of a small model is thousands of such products of a few dozen tokens: what
    autograd adds around each (views, zero-filled gradients of slices, sums into the leaves) costs more than they do.
    Gradients of A and B go straight to `gradients` and are None to autograd; a module that runs twice in a pass adds.
    """

    @staticmethod
    def forward(
        ctx: Any, input_TI: Tensor, weight_OI: Tensor, bias_O: Tensor | None, a_KrI: Tensor, b_KOr: Tensor,
        bands: tuple[Band, ...], padded: tuple[Tensor, ...], gradients: Gradients | None,
    ) -> Tensor:  # fmt: skip
        output_TO = functional.linear(input_TI, weight_OI, bias_O)
        inner = []
        for band, padded_KMI in zip(bands, padded, strict=True):
            own = slice(band.first, band.last)
            inner_KMr = torch.bmm(padded_KMI, a_KrI[own].transpose(1, 2)).mul_(band.weight_KM1)
            band.add_product(output_TO, inner_KMr, b_KOr[own].transpose(1, 2))
            inner.append(inner_KMr)
        ctx.save_for_backward(weight_OI, a_KrI, b_KOr, *inner)
        ctx.bands, ctx.padded, ctx.gradients = bands, padded, gradients
        return output_TO

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad_TO = grads[0].contiguous()
        weight_OI, a_KrI, b_KOr, *inner = ctx.saved_tensors
        gradients = ctx.gradients
        grad_TI = grad_TO @ weight_OI if ctx.needs_input_grad[0] else None
        for band, padded_KMI, inner_KMr in zip(ctx.bands, ctx.padded, inner, strict=True):
            own = slice(band.first, band.last)
            grad_KMO = band.pad(grad_TO)
            inner_grad_KMr = torch.bmm(grad_KMO, b_KOr[own]).mul_(band.weight_KM1)
            if grad_TI is not None:
                band.add_product(grad_TI, inner_grad_KMr, a_KrI[own])
            if gradients is not None:
                # Padding is 0 on the side of rank r, so what the other side repeats there does not count.
                _leave(gradients.a_KrI[own], inner_grad_KMr, padded_KMI, add=gradients.written)
                _leave(gradients.b_KOr[own], grad_KMO, inner_KMr, add=gradients.written)
        if gradients is not None:
            gradients.written = True
        return grad_TI, None, None, None, None, None, None, None


def _leave(into_KXY: Tensor, left_KMX: Tensor, right_KMY: Tensor, *, add: bool) -> None:
    if into_KXY.shape[0] == 1:
        into_KXY[0].addmm_(left_KMX[0].T, right_KMY[0], beta=1 if add else 0)
    elif add:
        into_KXY.baddbmm_(left_KMX.transpose(1, 2), right_KMY)
    else:
        torch.bmm(left_KMX.transpose(1, 2), right_KMY, out=into_KXY)
