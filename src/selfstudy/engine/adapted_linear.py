"""A frozen projection with a trained low-rank update of each slot, as one autograd node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from selfstudy.engine.slot_products import SlotProducts


@dataclass
class Gradients:
    """Where the gradients of A [K, r, I] and B [K, O, r] are left. `written` turns true with a pass's first write."""

    a_KrI: Tensor
    b_KOr: Tensor
    written: bool = False


class AdaptedLinear(torch.autograd.Function):
    """x Wᵀ + bias + scale (x Aᵀ) Bᵀ with W frozen; each token has its own slot's A, B and scale.

    Written out because a training step of a small model is thousands of such products of a few dozen tokens: what
    autograd adds around each (views, zero-filled gradients of slices, sums into the leaves) costs more than they do.
    Gradients of A and B go straight to `gradients` and are None to autograd; a module that runs twice in a pass adds.
    """

    @staticmethod
    def forward(
        ctx: Any, input_TI: Tensor, weight_OI: Tensor, bias_O: Tensor | None, a_KrI: Tensor, b_KOr: Tensor,
        scale_T1: Tensor | float, products: SlotProducts, gradients: Gradients | None,
    ) -> Tensor:  # fmt: skip
        output_TO = functional.linear(input_TI, weight_OI, bias_O)
        inner_Tr = products.times(input_TI, a_KrI.transpose(1, 2)).mul_(scale_T1)
        products.add_times(output_TO, inner_Tr, b_KOr.transpose(1, 2))
        ctx.save_for_backward(input_TI, weight_OI, a_KrI, b_KOr, inner_Tr)
        ctx.rest = scale_T1, products, gradients
        return output_TO

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad_TO = grads[0].contiguous()
        input_TI, weight_OI, a_KrI, b_KOr, inner_Tr = ctx.saved_tensors
        scale_T1, products, gradients = ctx.rest
        grad_TI = None
        inner_grad_Tr = products.times(grad_TO, b_KOr).mul_(scale_T1)
        if ctx.needs_input_grad[0]:
            grad_TI = grad_TO @ weight_OI
            products.add_times(grad_TI, inner_grad_Tr, a_KrI)
        if gradients is not None:
            products.outer(gradients.a_KrI, inner_grad_Tr, input_TI, add=gradients.written)
            products.outer(gradients.b_KOr, grad_TO, inner_Tr, add=gradients.written)
            gradients.written = True
        return grad_TI, None, None, None, None, None, None, None
