"""A bandit over ways to study: which form and which recipe; the editor's weights stay as they are.

Thompson sampling (Thompson 1933; Agrawal and Goyal 2013): an arm is pulled as often as it is likely to be the best.
Passages differ more than arms do, so a reward is the arm's part and the passage's, told apart by Bayesian regression on
all pulls (two-way, normal): arms are compared within passages. SEAL's own tables say that the prompt matters more than
the reinforcement learning.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.outer_loop.choose import diversity_of
from selfstudy.outer_loop.contract import Arm, Bench, E, LoopSettings, Round, Tried

Array = NDArray[np.float64]
WIDE = 1.0
"""Standard deviation of a reward as long as too few are known to estimate it."""

Pull = tuple[str, Arm, float]
"""A passage, the arm that was pulled for it, and its reward."""


@dataclass(frozen=True)
class Bandit:
    """Each passage tries `settings.pulls` different arms, one candidate and `settings.seeds` seeds each."""

    name: str = "bandit"

    def learn(
        self,
        bench: Bench[E],
        editor: E,
        rounds: Sequence[Sequence[Passage]],
        arms: Sequence[Arm],
        settings: LoopSettings,
    ) -> Iterator[Round[E]]:
        known: list[Pull] = []
        worked: set[Arm] = set()
        for number, passages in enumerate(rounds):
            stage, rng = f"{self.name} {number}", random.Random(derive_seed(settings.seed, number, "", 0, self.name))
            # Arms are drawn for all passages of a round at once, so that one cohort trains them.
            counts = {arm: sum(pulled == arm for _, pulled, _ in known) for arm in arms}
            pulled: list[tuple[Passage, Arm]] = []
            for passage in passages:
                for arm in pull(arms, known, counts, min(settings.pulls, len(arms)), rng):
                    counts[arm] += 1
                    pulled.append((passage, arm))
            written = bench.write(editor, [p for p, _ in pulled], [a for _, a in pulled], 1, stage)
            tried = bench.try_out(editor, [c for siblings in written for c in siblings], settings.seeds, stage)
            known += [
                (each.candidate.edit.passage, each.candidate.arm, value)
                for each in tried
                if (value := worth(each)) is not None
            ]
            worked |= {each.candidate.arm for each in tried if each.value is not None}
            best = best_arm(arms, known, worked)
            accepted = tuple(each for each in tried if each.candidate.arm == best)
            kept, sampled = (diversity_of(t.candidate for t in part) for part in (accepted, tried))
            yield Round(editor, best, tuple(tried), accepted, kept, sampled)


def worth(tried: Tried) -> float | None:
    """What a pull was worth: its mean reward, or the gain of doing nothing where every trial failed.

    An arm whose self-edits cannot be carried out must not stay as attractive as one never tried. None where the passage
    has no question of the reward's kind: that says nothing of the arm.
    """
    return 0.0 if tried.value is None and tried.failures else tried.value


def pull(
    arms: Sequence[Arm], known: Sequence[Pull], counts: Mapping[Arm, int], num: int, rng: random.Random
) -> list[Arm]:
    """`num` different arms: those never drawn first, then by a draw from the posterior, the highest first.

    `counts` says how often each arm was drawn, draws whose rewards are not known yet included.
    """
    mean, covariance = posterior(arms, known)
    draw = np.random.default_rng(rng.getrandbits(63)).multivariate_normal(mean, covariance)
    order = sorted(range(len(arms)), key=lambda a: (counts[arms[a]] > 0, -draw[a]))
    return [arms[a] for a in order[:num]]


def best_arm(arms: Sequence[Arm], known: Sequence[Pull], worked: Collection[Arm]) -> Arm:
    """Of the arms that `worked`, if any did, the one with the highest posterior mean; of equal ones the first."""
    mean, _ = posterior(arms, known)
    return arms[max((a for a in range(len(arms)) if arms[a] in (worked or arms)), key=lambda a: mean[a])]


def posterior(arms: Sequence[Arm], known: Sequence[Pull]) -> tuple[Array, Array]:
    """Means [A] and covariances [A, A] of the arms' parts of a reward.

    An arm's part has the prior N(0, s^2) and noise the variance s^2, with s the standard deviation within passages; a
    passage's part is left nearly free, N(mean of all, (10 s)^2).
    """
    num = len(arms)
    values = np.array([value for _, _, value in known])
    passages = sorted({passage for passage, _, _ in known})
    design = np.zeros((len(known), num + len(passages)))  # [pulls, arms and passages]
    for row, (passage, arm, _) in enumerate(known):
        design[row, arms.index(arm)] = 1
        design[row, num + passages.index(passage)] = 1
    spread = _within(known) or WIDE
    prior = np.diag([1 / spread**2] * num + [1 / (10 * spread) ** 2] * len(passages))
    covariance: Array = np.linalg.inv(design.T @ design / spread**2 + prior).astype(np.float64)
    centred = values - values.mean() if known else values
    mean: Array = covariance @ (design.T @ centred) / spread**2
    return mean[:num], covariance[:num, :num]


def _within(known: Sequence[Pull]) -> float | None:
    """Standard deviation of rewards within passages; None where there is none to see."""
    groups: dict[str, list[float]] = {}
    for passage, _, value in known:
        groups.setdefault(passage, []).append(value)
    squares = sum(sum((v - fmean(g)) ** 2 for v in g) for g in groups.values())
    free = len(known) - len(groups)
    return float((squares / free) ** 0.5) if free and squares > 0 else None
