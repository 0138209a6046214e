"""Confidence intervals of shares."""

from __future__ import annotations

from scipy.stats import norm, spearmanr


def wilson(right: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927); (0, 1) for n = 0.

    Raises:
        ValueError: `right` is not between 0 and n.
    """
    if not 0 <= right <= n:
        raise ValueError(f"wilson: {right} right of {n} is impossible")
    if n == 0:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + level / 2))
    share, z2 = right / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def rank_agreement(first: list[float], second: list[float]) -> float:
    """Spearman's rank correlation; NaN where one side does not vary."""
    if len(set(first)) < 2 or len(set(second)) < 2:
        return float("nan")
    return float(spearmanr(first, second).statistic)
