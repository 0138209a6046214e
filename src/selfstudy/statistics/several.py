"""P-values of several comparisons, adjusted so that each can be held against the level one would use for one alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (Holm 1979), in the order given: bounds the chance of any false finding.

    With p sorted upwards and m of them, the i-th (from 0) becomes max over j <= i of (m - j) p_j, at most 1. Holds
    under any dependence, as between comparisons with one common baseline.

    Raises:
        ValueError: a p-value is outside [0, 1].
    """
    order, m = _order(p_values), len(p_values)
    steps = accumulate(((m - rank) * p_values[place] for rank, place in enumerate(order)), max)
    return _back(order, steps)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjustment (1995), in the order given: bounds the expected share of false findings.

    With p sorted upwards and m of them, the i-th (from 1) becomes min over j >= i of (m / j) p_j. Holds for independent
    and positively dependent tests.

    Raises:
        ValueError: a p-value is outside [0, 1].
    """
    order, m = _order(p_values)[::-1], len(p_values)
    steps = accumulate((m / (m - rank) * p_values[place] for rank, place in enumerate(order)), min)
    return _back(order, steps)


def _order(p_values: Sequence[float]) -> list[int]:
    for place, p in enumerate(p_values):
        if not 0 <= p <= 1:
            raise ValueError(f"several: {p} at entry {place + 1} is not a p-value; it must be between 0 and 1")
    return sorted(range(len(p_values)), key=p_values.__getitem__)


def _back(order: Sequence[int], steps: accumulate[float]) -> list[float]:
    adjusted = dict(zip(order, (min(1.0, step) for step in steps), strict=True))
    return [adjusted[place] for place in range(len(order))]
