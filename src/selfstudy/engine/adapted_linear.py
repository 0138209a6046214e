"""Frozen projections of one input with low-rank updates of each slot, as one autograd node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from selfstudy.engine.bands import Band
from selfstudy.engine.packed_linear import back, product


@dataclass
class Gradients:
    """Where the gradients of A [K, n r, I] and of each B [K, O, r] are left. `written` turns true with a pass's first
    write."""

    a_KnI: Tensor
    b_KOr: tuple[Tensor, ...]
    written: bool = False


@dataclass(frozen=True)
class Trained:
    """Updates of n projections that read the same input, in K slots, in the base's dtype: their A one below the other
    [K, n r, I], of each its B [K, O, r]."""

    paths: tuple[str, ...]
    a_KnI: Tensor
    b_KOr: tuple[Tensor, ...]
    gradients: Gradients


class AdaptedLinear(torch.autograd.Function):
    """x Wᵀ + bias + scale (x Aᵀ) Bᵀ of each of the `frozen` modules; each token has its own slot's A, B and scale.

    `updated` says which of the modules the n updates are of; `padded` is the input as each band pads it.

    Written out because a training step of a small model is thousands of such products of a few dozen tokens: what
    autograd adds around each (views, zero-filled gradients of slices, sums into the leaves) costs more than they do.
    Together because one product with three A, and one sum into the input's gradient, cost little more than one with
    one. Gradients of A and B go straight to `gradients` and are None to autograd; modules that run twice in a pass add.
    """

    @staticmethod
    def forward(
        ctx: Any, input_TI: Tensor, a_KnI: Tensor, b_KOr: Sequence[Tensor], frozen: Sequence[nn.Linear],
        updated: Sequence[int], bands: Sequence[Band], padded: Sequence[Tensor], gradients: Gradients,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        outputs = [product(module, input_TI) for module in frozen]
        inner: list[Tensor] = []
        for band, padded_KMI in zip(bands, padded, strict=True):
            own = slice(band.first, band.last)
            inner_KMn = torch.bmm(padded_KMI, a_KnI[own].transpose(1, 2)).mul_(band.weight_KM1)
            for b, number, inner_KMr in zip(b_KOr, updated, inner_KMn.chunk(len(updated), 2), strict=True):
                inner.append(inner_KMr.contiguous())
                band.add_product(outputs[number], inner[-1], b[own].transpose(1, 2))
        ctx.save_for_backward(a_KnI, *b_KOr, *inner)
        ctx.frozen, ctx.updated, ctx.bands, ctx.padded, ctx.gradients = frozen, updated, bands, padded, gradients
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grads_TO = [grad.contiguous() for grad in grads]
        count, gradients = len(ctx.updated), ctx.gradients
        a_KnI, *rest = ctx.saved_tensors
        b_KOr, inner = rest[:count], rest[count:]
        grad_TI = None
        if ctx.needs_input_grad[0]:
            for module, grad_TO in zip(ctx.frozen, grads_TO, strict=True):
                grad_TI = back(module, grad_TO, grad_TI)
        for number, (band, padded_KMI) in enumerate(zip(ctx.bands, ctx.padded, strict=True)):
            own, of_inner = slice(band.first, band.last), []
            of_band = inner[number * count : (number + 1) * count]
            for b, into, of_module, inner_KMr in zip(b_KOr, gradients.b_KOr, ctx.updated, of_band, strict=True):
                grad_KMO = band.pad(grads_TO[of_module])
                of_inner.append(torch.bmm(grad_KMO, b[own]))
                # Padding is 0 on the side of rank r, so what the other side repeats there does not count.
                _leave(into[own], grad_KMO, inner_KMr, add=gradients.written)
            inner_grad_KMn = (of_inner[0] if count == 1 else torch.cat(of_inner, 2)).mul_(band.weight_KM1)
            if grad_TI is not None:
                band.add_product(grad_TI, inner_grad_KMn, a_KnI[own])
            _leave(gradients.a_KnI[own], inner_grad_KMn, padded_KMI, add=gradients.written)
        gradients.written = True
        return grad_TI, None, None, None, None, None, None, None


def _leave(into_KXY: Tensor, left_KMX: Tensor, right_KMY: Tensor, *, add: bool) -> None:
    if into_KXY.shape[0] == 1:
        into_KXY[0].addmm_(left_KMX[0].T, right_KMY[0], beta=1 if add else 0)
    elif add:
        into_KXY.baddbmm_(left_KMX.transpose(1, 2), right_KMY)
    else:
        torch.bmm(left_KMX.transpose(1, 2), right_KMY, out=into_KXY)
