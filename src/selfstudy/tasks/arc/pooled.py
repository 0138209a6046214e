"""What a plan can be expected to gain on another puzzle, from all that a round tried.

A gain measured once is of a plan *on a puzzle*: on the 16 small puzzles of preset `small` that part varies as much as
what the plan earns anywhere. A rate that gains by luck in one puzzle ruins the adapter in the next, and the editor
writes plans for the next. So gains are smoothed over plans alike in their choices, whatever puzzle they were tried on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import parse_plan

Gains = Mapping[tuple[str, str], float]
"""By puzzle and plan (its JSON text), nats a token."""
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Smoothing:
    """A Gaussian process over plans (Rasmussen and Williams 2006, chapter 2) with a squared-exponential kernel.

    Scales say how far apart two plans are still alike: `rate` and `epochs` in powers of ten, `switch` and `strategy` in
    choices that differ. `shared` is the standard deviation of what a plan gains on any puzzle, `own` of what it gains
    on one puzzle besides, `noise` of a trial, all in nats a token.
    """

    rate: float = 0.5
    epochs: float = 0.7
    switch: float = 2.0
    strategy: float = 2.0
    shared: float = 0.4
    own: float = 0.2
    noise: float = 0.15

    def __post_init__(self) -> None:
        if min(self.rate, self.epochs, self.switch, self.strategy, self.noise) <= 0 or min(self.shared, self.own) < 0:
            raise ValueError(f"smoothing: scales and noise must be above zero, deviations not below: {self}")


def pooled_gains(tried: Mapping[str, Sequence[PuzzleOutcome]], smoothing: Smoothing | None = None) -> Gains:
    """Each tried plan's expected gain on a puzzle not tried: the posterior mean of the shared part.

    `tried` has the outcomes of each puzzle's plans; equal plans for a puzzle count once. A plan that failed gained
    nothing, as the base then answers; a gain not known is left out.
    """
    smoothing = smoothing or Smoothing()
    distinct = {(each.puzzle, each.plan): each for outcomes in tried.values() for each in outcomes}
    gains = {key: 0.0 if each.failure else each.gain for key, each in distinct.items()}
    measured = {key: gain for key, gain in gains.items() if gain is not None}
    if not measured:
        return {}
    alike_NN = _alike([_place(parse_plan(plan), smoothing) for _, plan in measured])
    puzzles = np.array([puzzle for puzzle, _ in measured])
    same_NN = (puzzles[:, None] == puzzles[None, :]).astype(np.float64)
    prior_NN = alike_NN * (smoothing.shared**2 + smoothing.own**2 * same_NN)
    noisy_NN = prior_NN + smoothing.noise**2 * np.eye(len(measured))
    weights_N = np.linalg.solve(noisy_NN, np.array(list(measured.values())))
    expected_N = smoothing.shared**2 * alike_NN @ weights_N
    return dict(zip(measured, map(float, expected_N), strict=True))


def _place(plan: Plan, scales: Smoothing) -> tuple[float, ...]:
    """A plan as a point, in units of the scales."""
    switches = (plan.basic, plan.size, plan.chain, plan.repeat)
    return (
        math.log10(plan.learning_rate) / scales.rate,
        math.log10(plan.epochs) / scales.epochs,
        *(on / scales.switch for on in switches),
        (plan.trained_on == "last_output") / scales.strategy,
    )


def _alike(places: Sequence[tuple[float, ...]]) -> _Array:
    """1 for equal plans, towards 0 with their distance."""
    place_ND = np.array(places, dtype=np.float64)
    distance_NN: _Array = ((place_ND[:, None, :] - place_ND[None, :, :]) ** 2).sum(-1)
    alike_NN: _Array = np.exp(-0.5 * distance_NN)
    return alike_NN
