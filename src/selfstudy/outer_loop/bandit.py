"""A bandit over ways to study: which form and which recipe; the editor's weights stay as they are.

Thompson sampling with normal posteriors (Thompson 1933; Agrawal and Goyal 2013): an arm is pulled as often as it is
likely to be the best. SEAL's own tables say that the prompt matters more than the reinforcement learning.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TypeVar

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.outer_loop.choose import diversity_of
from selfstudy.outer_loop.contract import Arm, Bench, E, LoopSettings, Round, Tried

A = TypeVar("A")
"""An arm: whatever can be chosen again."""
WIDE = 1.0
"""Standard deviation of a reward as long as too few are known to estimate it."""


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
        known: dict[Arm, list[float]] = {arm: [] for arm in arms}
        for number, passages in enumerate(rounds):
            stage, rng = f"{self.name} {number}", random.Random(derive_seed(settings.seed, number, "", 0, self.name))
            # Arms are drawn for all passages of a round at once, so that one cohort trains them.
            counts = {arm: len(values) for arm, values in known.items()}
            tried: list[Tried] = []
            pulled: list[tuple[Passage, Arm]] = []
            for passage in passages:
                for arm in pull(known, counts, min(settings.pulls, len(arms)), rng):
                    counts[arm] += 1
                    pulled.append((passage, arm))
            written = bench.write(editor, [p for p, _ in pulled], [a for _, a in pulled], 1, stage)
            tried = bench.try_out(editor, [c for siblings in written for c in siblings], settings.seeds, stage)
            for each in tried:
                if each.value is not None:
                    known[each.candidate.arm].append(each.value)
            best = best_arm(known)
            accepted = tuple(each for each in tried if each.candidate.arm == best)
            kept, sampled = (diversity_of(t.candidate for t in part) for part in (accepted, tried))
            yield Round(editor, best, tuple(tried), accepted, kept, sampled)


def pull(known: Mapping[A, Sequence[float]], counts: Mapping[A, int], num: int, rng: random.Random) -> list[A]:
    """`num` different arms: those never drawn first, then by a draw from each arm's posterior, the highest first.

    `counts` says how often each arm was drawn, draws whose rewards are not known yet included.
    """
    every = [value for values in known.values() for value in values]
    spread = stdev(every) if len(every) > 1 and stdev(every) > 0 else WIDE
    middle = fmean(every) if every else 0.0
    drawn = {}
    for arm, values in known.items():  # one observation of the middle stands in each posterior as the prior
        n = len(values) + 1
        drawn[arm] = rng.gauss((sum(values) + middle) / n, spread / n**0.5)
    return sorted(known, key=lambda arm: (counts[arm] > 0, -drawn[arm]))[:num]


def best_arm(known: Mapping[A, Sequence[float]]) -> A:
    """The arm with the highest posterior mean; of equal ones the first."""
    every = [value for values in known.values() for value in values]
    middle = fmean(every) if every else 0.0
    return max(known, key=lambda arm: (sum(known[arm]) + middle) / (len(known[arm]) + 1))
