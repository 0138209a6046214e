"""Which of several arms to pull next, and which was the best, from rewards of pulls on items (passages, puzzles).

Thompson sampling (Thompson 1933; Agrawal and Goyal 2013): an arm is pulled as often as it is likely to be the best.
Items may differ more than arms do, so a reward is the arm's part, the item's part and noise (two-way, random effects).
How much items differ is not known beforehand: it is weighed by the restricted likelihood (Patterson and Thompson 1971),
so that arms are compared within items where items differ and several arms met there, and over all pulls otherwise.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
A = TypeVar("A", bound=Hashable)

RATIOS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Variance between items over that of noise: values that are weighed, each as likely as another beforehand."""
WIDE = 1.0
"""Standard deviation of noise as long as too few rewards are known to estimate it."""


@dataclass(frozen=True)
class Posterior:
    """What is known of the arms' parts of a reward, for one ratio: means [A], covariances [A, A], and its weight."""

    mean: Array
    covariance: Array
    weight: float


def pull(
    arms: Sequence[A], known: Sequence[tuple[str, A, float]], counts: Mapping[A, int], num: int, rng: random.Random
) -> list[A]:
    """`num` different arms: those never drawn first, then by a draw from the posterior, the highest first.

    `known` has an item, the arm that was pulled there and its reward for each pull. `counts` says how often each arm
    was drawn, draws whose rewards are not known (yet) included.
    """
    found = posteriors(arms, known)
    generator = np.random.default_rng(rng.getrandbits(63))
    taken = found[generator.choice(len(found), p=[each.weight for each in found])]
    draw = generator.multivariate_normal(taken.mean, taken.covariance, method="eigh")
    order = sorted(range(len(arms)), key=lambda a: (counts.get(arms[a], 0) > 0, -draw[a]))
    return [arms[a] for a in order[:num]]


def best_arm(arms: Sequence[A], known: Sequence[tuple[str, A, float]], worked: Collection[A]) -> A:
    """Of the arms that `worked`, if any did, the one with the highest posterior mean; of equal ones the first."""
    mean = np.sum([each.weight * each.mean for each in posteriors(arms, known)], axis=0)
    return arms[max((a for a in range(len(arms)) if arms[a] in (worked or arms)), key=lambda a: mean[a])]


def posteriors(arms: Sequence[A], known: Sequence[tuple[str, A, float]]) -> list[Posterior]:
    """One for each of `RATIOS`; weights add up to 1.

    An arm's part has the prior N(0, s^2) with s that of noise, which is worth one pull; the common mean is left free.
    """
    num, n = len(arms), len(known)
    if n == 0:
        return [Posterior(np.zeros(num), WIDE**2 * np.eye(num), 1.0)]
    values = np.array([value for _, _, value in known])
    place, items = {arm: a for a, arm in enumerate(arms)}, sorted({item for item, _, _ in known})
    of_arm, of_item = np.zeros((n, num)), np.zeros((n, len(items)))
    for row, (item, arm, _) in enumerate(known):
        of_arm[row, place[arm]] = of_item[row, items.index(item)] = 1
    found, logs = [], []
    for ratio in RATIOS:
        spread = np.eye(n) + of_arm @ of_arm.T + ratio * of_item @ of_item.T  # [pulls, pulls], in units of s^2
        inverse = np.linalg.inv(spread)
        ones = inverse.sum(axis=1)
        residual = values - ones @ values / ones.sum()
        squares = float(residual @ inverse @ residual)
        noise = squares / (n - 1) if n > 1 and squares > 0 else WIDE**2
        weighed = of_arm.T @ inverse
        shift = of_arm.T @ ones
        covariance = np.eye(num) - weighed @ of_arm + np.outer(shift, shift) / ones.sum()
        found.append((weighed @ residual, noise * covariance))
        logs.append(-0.5 * ((n - 1) * np.log(noise) + np.linalg.slogdet(spread)[1] + np.log(ones.sum())))
    weights = np.exp(np.array(logs) - max(logs))
    return [Posterior(m, c, float(w)) for (m, c), w in zip(found, weights / weights.sum(), strict=True)]
