"""Two systems on the same questions: their difference, its interval and its p-value, with passages as the unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selfstudy.statistics.bootstrap import CHUNK, Array, Estimate, bootstrap, check_values, ratio


@dataclass(frozen=True)
class Difference:
    """The first system against the second, in the unit of the values given.

    `first` and `second` are means over questions and `difference` is the first less the second, so that a passage
    weighs as many questions as it has. `p` is two-sided; `exact` where every pattern of signs was tried for it.
    """

    num_passages: int
    num_questions: int
    first: float
    second: float
    difference: Estimate
    p: float
    exact: bool


def by_passage(
    passages: Sequence[str], first: Sequence[float], second: Sequence[float]
) -> dict[str, list[tuple[float, float]]]:
    """Pairs of values gathered by passage, from one entry a question; a passage's questions stand together.

    Raises:
        ValueError: the lengths differ, or a passage comes back after another one, as it does where two passages share
            an id or the questions were shuffled.
    """
    if not len(passages) == len(first) == len(second):
        raise ValueError(f"paired: {len(passages)} passage ids for {len(first)} and {len(second)} values")
    found: dict[str, list[tuple[float, float]]] = {}
    for place, (passage, one, other) in enumerate(zip(passages, first, second, strict=True)):
        if passage in found and passages[place - 1] != passage:
            raise ValueError(f"paired: passage {passage!r} comes back at entry {place + 1}; keep a passage together")
        found.setdefault(passage, []).append((one, other))
    return found


def difference(
    pairs: Mapping[str, Sequence[tuple[float, float]]], *, resamples: int = 9_999, seed: int = 0
) -> Difference:
    """Compares two systems by the (first, second) values of each passage's questions.

    The test flips the sign of whole passages: if the systems are alike, which of them is called first is arbitrary in
    each passage. With s the passages' sums of differences, p is the share of patterns e in {-1, 1}^n for which
    |e.s| >= |sum(s)|. All 2^n are tried if they are no more than the resamples; otherwise p = (1 + hits) / (1 +
    resamples), which is never 0 (Phipson and Smyth 2010).

    Raises:
        ValueError: fewer than two passages, a passage without questions, or a value that is not finite.
    """
    parts = {}
    for passage, rows in pairs.items():
        check_values(f"paired: passage {passage!r}", [value for pair in rows for value in pair])
        sums = [math.fsum(column) for column in zip(*rows, strict=True)]
        parts[passage] = (math.fsum(one - other for one, other in rows), len(rows), *sums)
    estimate = bootstrap(parts, lambda sums: ratio(sums[:, 0], sums[:, 1]), resamples=resamples, seed=seed)
    p, exact = _sign_flip_p(np.array([parts[passage][0] for passage in sorted(parts)]), resamples, seed)
    num_questions = sum(len(rows) for rows in pairs.values())
    first, second = (math.fsum(part[column] for part in parts.values()) / num_questions for column in (2, 3))
    return Difference(len(parts), num_questions, first, second, estimate, p, exact)


def _sign_flip_p(sums: Array, resamples: int, seed: int) -> tuple[float, bool]:
    """The p-value, and whether it is exact; a tie with what was observed is not broken by rounding."""
    n, far = len(sums), abs(float(sums.sum())) - 1e-12 * float(np.abs(sums).sum())
    if 2**n <= resamples + 1:
        patterns = np.arange(2**n)[:, None] >> np.arange(n) & 1
        return float(np.mean(np.abs((1 - 2 * patterns) @ sums) >= far)), True
    rng, hits = np.random.default_rng(seed), 0
    for done in range(0, resamples, CHUNK):
        flips = rng.integers(0, 2, size=(min(CHUNK, resamples - done), n))
        hits += int(np.sum(np.abs((1 - 2 * flips) @ sums) >= far))
    return (1 + hits) / (1 + resamples), False
