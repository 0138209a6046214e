"""Algorithms of the outer loop by name."""

from __future__ import annotations

from selfstudy.outer_loop.bandit import Bandit
from selfstudy.outer_loop.best_of_n import BestOfN
from selfstudy.outer_loop.contract import Algorithm
from selfstudy.outer_loop.rest_em import RestEM
from selfstudy.outer_loop.weighted_winners import WeightedWinners

ALGORITHMS: dict[str, Algorithm] = {a.name: a for a in (RestEM(), BestOfN(), Bandit(), WeightedWinners())}


def get_algorithm(name: str) -> Algorithm:
    """The algorithm called `name`; a KeyError that lists the known ones otherwise."""
    if name not in ALGORITHMS:
        raise KeyError(f"no algorithm {name!r}; known: {', '.join(sorted(ALGORITHMS))}")
    return ALGORITHMS[name]
