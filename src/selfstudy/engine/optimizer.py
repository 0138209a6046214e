"""AdamW over K slots; each slot has its own step count, rate, decay and clip norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.bank import Bank
from selfstudy.engine.lanes import Lane
from selfstudy.engine.pieces import Plan


@dataclass(frozen=True)
class SlotStep:
    """What one slot needs for one update: `rate` is this step's learning rate."""

    slot: int
    rate: float
    recipe: UpdateRecipe


@torch.no_grad()
def update(lane: Lane, bank: Bank, plan: Plan, steps: Sequence[SlotStep]) -> set[int]:
    """Clip by each slot's own norm, then torch's AdamW on the slot's flat parameters. Uses up the gradients.

    Returns the slots whose gradient is not finite. They, and slots that are not named, keep values and state bit for
    bit.
    """
    summed = plan.summed
    own = [bank.reduce(step.slot, plan.places[step.slot], summed) for step in steps]
    not_finite = set()
    for number, (step, *of_lanes) in enumerate(zip(steps, *lane.gather(own), strict=True)):
        norm = math.hypot(*(norm for norm, _ in of_lanes)) if len(of_lanes) > 1 else own[number][0]
        if not all(finite for _, finite in of_lanes):
            not_finite.add(step.slot)
            continue
        clip = step.recipe.clip_norm
        bank.step(step.slot, step.rate, min(1.0, clip / (norm + 1e-6)) if clip > 0 else 1.0)
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
