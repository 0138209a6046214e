"""AdamW over K slots at once; each slot has its own step count, rate, decay and clip norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.bank import Bank


@dataclass(frozen=True)
class SlotStep:
    """What one slot needs for one update: `step` counts from 1, `rate` is this step's learning rate."""

    slot: int
    step: int
    rate: float
    recipe: UpdateRecipe


@torch.no_grad()
def update(bank: Bank, steps: Sequence[SlotStep]) -> None:
    """Clip by each slot's own norm, then AdamW (Loshchilov & Hutter 2019) as torch.optim.AdamW computes it.

    Slots that are not named keep values and state bit for bit. Gradients of the named slots are used up.
    """
    for s in steps:  # row by row: a slot's arithmetic does not depend on which slots stand beside it
        k, recipe = s.slot, s.recipe
        value, first, second = bank.values_KF[k], bank.first_KF[k], bank.second_KF[k]
        grad = bank.grads_KF[k].mul_(bank.real_KF[k])
        if recipe.clip_norm > 0:
            grad.mul_((recipe.clip_norm / (torch.linalg.vector_norm(grad) + 1e-6)).clamp_max(1.0))
        beta1, beta2 = recipe.betas
        if recipe.weight_decay:
            value.mul_(1 - s.rate * recipe.weight_decay)
        first.lerp_(grad, 1 - beta1)
        second.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        root = second.sqrt().div_((1 - beta2**s.step) ** 0.5).add_(recipe.epsilon)
        value.addcdiv_(first, root, value=-s.rate / (1 - beta1**s.step))
        grad.zero_()


def rate_at(recipe: UpdateRecipe, step: int, total: int) -> float:
    """Learning rate of step `step` (from 0) of `total`, as transformers' schedules give it."""
    if step < recipe.warmup_steps:
        return recipe.learning_rate * step / max(1, recipe.warmup_steps)
    share = (step - recipe.warmup_steps) / max(1, total - recipe.warmup_steps)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 - share)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
    return recipe.learning_rate
