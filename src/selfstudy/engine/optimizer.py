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
def update(bank: Bank, steps: Sequence[SlotStep]) -> set[int]:
    """Clip by each slot's own norm, then torch's AdamW on the slot's flat parameters. Uses up the gradients.

    Returns the slots whose gradient is not finite. They, and slots that are not named, keep values and state bit for
    bit.
    """
    not_finite = set()
    for step in steps:  # slot by slot: its arithmetic does not depend on which slots stand beside it
        gradient_F = bank.gradient(step.slot)
        norm = float(torch.linalg.vector_norm(gradient_F))
        # A norm may also be infinite because squares of finite numbers are.
        if not math.isfinite(norm) and not bool(torch.isfinite(gradient_F).all()):
            not_finite.add(step.slot)
            continue
        if step.recipe.clip_norm > 0 and (scale := step.recipe.clip_norm / (norm + 1e-6)) < 1:
            gradient_F.mul_(scale)
        bank.step(step.slot, gradient_F, step.rate)
    return not_finite


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
