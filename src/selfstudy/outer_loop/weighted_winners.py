"""Supervised training on the winners of significant pairs, each weighted by its advantage over its siblings.

Pairs of siblings whose outcomes differ by more than noise are what DPO or IPO would train on. Both need the losers'
likelihoods in the loss, summed over a text and against a reference, which this engine's losses, a weighted mean over
tokens, cannot express. What remains without them is advantage-weighted regression (Peng et al. 2019) on those texts for
which the comparison is decided: it learns from wins and never pushes a loser down. Against ReST-EM it drops passages
whose best candidate is merely the luckiest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from selfstudy.domain.measured import mean_and_error
from selfstudy.domain.passage import Passage
from selfstudy.outer_loop.choose import by_passage, diversity_of, ranked
from selfstudy.outer_loop.contract import Arm, Bench, E, Example, LoopSettings, Round, Tried


@dataclass(frozen=True)
class WeightedWinners:
    """`errors` is how many standard errors of the paired difference a winner is ahead of a sibling.

    Weights are advantages over their mean, held in [1 / `most_weight`, `most_weight`].
    """

    errors: float = 2.0
    most_weight: float = 3.0
    name: str = "weighted_winners"

    def learn(
        self,
        bench: Bench[E],
        editor: E,
        rounds: Sequence[Sequence[Passage]],
        arms: Sequence[Arm],
        settings: LoopSettings,
    ) -> Iterator[Round[E]]:
        for number, passages in enumerate(rounds):
            stage = f"{self.name} {number}"
            written = bench.write(editor, passages, [arms[0]] * len(passages), settings.samples, stage)
            sampled = [candidate for siblings in written for candidate in siblings]
            tried = bench.try_out(editor, sampled, settings.seeds, stage)
            accepted: list[Tried] = []
            advantages: list[float] = []
            refused = 0
            for siblings in by_passage(tried).values():
                texts = [each.candidate.completion for each in accepted]
                for winner, advantage in self.winners(siblings):
                    if settings.guard is None or settings.guard.admits(winner.candidate.completion, texts):
                        accepted.append(winner)
                        advantages.append(advantage)
                    else:
                        refused += 1
            weights = self.weights(advantages)
            examples = [Example.of(t.candidate, w) for t, w in zip(accepted, weights, strict=True)]
            editor = bench.teach(editor, examples, stage)
            kept = diversity_of(t.candidate for t in accepted)
            yield Round(editor, arms[0], tuple(tried), tuple(accepted), kept, diversity_of(sampled), refused)

    def winners(self, siblings: Sequence[Tried]) -> list[tuple[Tried, float]]:
        """Those better than the siblings' mean that beat at least one sibling significantly, with their advantage."""
        order = ranked(siblings)
        if not order:
            return []
        middle = fmean(each.value for each in order if each.value is not None)
        return [
            (each, each.value - middle)
            for each in order
            if each.value is not None
            and each.value > middle
            and any(self.beats(each, other) for other in order if other is not each)
        ]

    def beats(self, one: Tried, other: Tried) -> bool:
        """Whether the difference over their common questions is above `errors` of its standard errors."""
        pairs = list(zip(one.parts, other.parts, strict=False))
        if len(pairs) < 2:
            return False
        gap = mean_and_error([a - b for a, b in pairs])
        return gap.value > 0 and gap.value > self.errors * (gap.error or 0.0)

    def weights(self, advantages: Sequence[float]) -> list[float]:
        if not advantages:
            return []
        middle = fmean(advantages)
        return [min(self.most_weight, max(1 / self.most_weight, a / middle)) for a in advantages]
