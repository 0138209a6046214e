"""Frozen projections of one input with low-rank updates of each slot, as one autograd node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from selfstudy.engine.packed_linear import back, product
from selfstudy.engine.slot_products import Gradients, SlotProducts


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

    `updated` says which of the modules the n updates are of; `products` knows the slots of a pass.

    Written out because a training step of a small model is thousands of such products of a few dozen tokens: what
    autograd adds around each (views, zero-filled gradients of slices, sums into the leaves) costs more than they do.
    Together because one product with three A, and one sum into the input's gradient, cost little more than one with
    one. Gradients of A and B go straight to `gradients` and are None to autograd; modules that run twice in a pass add.
    """

    @staticmethod
    def forward(
        ctx: Any, input_TI: Tensor, a_KnI: Tensor, b_KOr: Sequence[Tensor], frozen: Sequence[nn.Linear],
        updated: Sequence[int], products: SlotProducts, gradients: Gradients,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        outputs = [product(module, input_TI) for module in frozen]
        kept = products.add(input_TI, a_KnI, b_KOr, [outputs[number] for number in updated])
        ctx.save_for_backward(a_KnI, *b_KOr)
        ctx.frozen, ctx.updated, ctx.products, ctx.kept, ctx.gradients = frozen, updated, products, kept, gradients
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grads_TO = [grad.contiguous() for grad in grads]
        a_KnI, *b_KOr = ctx.saved_tensors
        grad_TI = None
        if ctx.needs_input_grad[0]:
            for module, grad_TO in zip(ctx.frozen, grads_TO, strict=True):
                grad_TI = back(module, grad_TO, grad_TI)
        of_updated = [grads_TO[number] for number in ctx.updated]
        ctx.products.back(ctx.kept, a_KnI, b_KOr, of_updated, grad_TI, ctx.gradients)
        return grad_TI, None, None, None, None, None, None
