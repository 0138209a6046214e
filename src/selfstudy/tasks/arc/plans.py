"""Fixed plans: what the model's own are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from selfstudy.tasks.arc.plan import Plan

RATE = 1e-3
"""Learning rate of the fixed plans at the short budget of a CPU."""
BASIC = Plan(basic=True, learning_rate=RATE, epochs=2)
ALL = replace(BASIC, size=True, chain=True, repeat=True)

NAMED: Mapping[str, Plan | None] = {"none": None, "basic": BASIC, "all": ALL}
"""By the names that `selfstudy solve --plan` takes; None answers in context only, without an adapter."""


def fixed_plans() -> dict[str, Plan]:
    """The plans among which the best fixed one is chosen, by name: tools, tokens with a loss, rate, epochs."""
    tools = {"plain": replace(BASIC, basic=False), "basic": BASIC, "all": ALL}
    ways = {
        "": {},
        " everything": {"trained_on": "everything"},
        " slow": {"learning_rate": RATE / 5},
        " long": {"epochs": 8},
    }
    return {
        name + suffix: replace(plan, **changes)  # type: ignore[arg-type]
        for name, plan in tools.items()
        for suffix, changes in ways.items()
    }
