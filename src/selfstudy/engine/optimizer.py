"""AdamW over K slots; each slot has its own step count, rate, decay and clip norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.bank import Bank


@dataclass(frozen=True)
class SlotStep:
    """What one slot needs for one update: `rate` is this step's learning rate."""

    slot: int
    rate: float
    recipe: UpdateRecipe


@torch.no_grad()
def update(bank: Bank, steps: Sequence[SlotStep]) -> None:
    """Clip by each slot's own norm, then torch's AdamW on the slot's flat parameters.

    Slots that are not named keep values and state bit for bit. Gradients of the named slots are used up.
    """
    for step in steps:  # slot by slot: its arithmetic does not depend on which slots stand beside it
        optimizer, grad = bank.optimizers[step.slot], bank.grads_KF[step.slot]
        if bank.partial[step.slot]:
            grad.mul_(bank.real_KF[step.slot])
        if step.recipe.clip_norm > 0:
            scale = step.recipe.clip_norm / (float(torch.linalg.vector_norm(grad)) + 1e-6)
            if scale < 1:
                grad.mul_(scale)
        optimizer.param_groups[0]["lr"] = step.rate
        optimizer.step()
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
