"""Plans beside those that the editor would write, so that a round can find what the editor never samples.

ReST-EM is taught by accepted samples, whoever wrote them; a choice that the editor makes with probability 0 is in none.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from selfstudy.domain.identity import derive_seed
from selfstudy.tasks.arc.plan import LOWEST_RATE, MOST_EPOCHS, TOO_HIGH_RATE, Plan

_SWITCHES = ("basic", "size", "chain", "repeat")


def explored(plans: Sequence[Plan], share: float, *, seed: int, puzzle: str) -> tuple[Plan, ...]:
    """The plans, with each choice of each drawn by chance instead with probability `share`.

    Switches and strategy are drawn uniformly; rate (to two digits, as a model may write it) and epochs uniformly in
    their logarithm, within a plan's bounds. The draws depend on seed, puzzle and place alone.
    """
    return tuple(
        _explored(plan, share, random.Random(derive_seed(seed, 0, puzzle, place, "explore")))
        for place, plan in enumerate(plans)
    )


def _explored(plan: Plan, share: float, generator: random.Random) -> Plan:
    drawn: dict[str, Any] = {
        **{name: generator.random() < 0.5 for name in _SWITCHES},
        "trained_on": generator.choice(("everything", "last_output")),
        "learning_rate": _rate(_between(generator, LOWEST_RATE, TOO_HIGH_RATE)),
        "epochs": min(int(_between(generator, 1, MOST_EPOCHS + 1)), MOST_EPOCHS),
    }
    return replace(plan, **{name: value for name, value in drawn.items() if generator.random() < share})


def _between(generator: random.Random, low: float, high: float) -> float:
    return low * math.exp(generator.random() * math.log(high / low))


def _rate(value: float) -> float:
    """Two digits, and still below the bound."""
    return max(LOWEST_RATE, min(float(f"{value:.1e}"), 0.99 * TOO_HIGH_RATE))
