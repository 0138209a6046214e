"""Best of n: sample, try out, keep the best of each passage; nothing is learned from it.

What ReST-EM adds to this is that the next sample is better; what this costs, it costs for every passage anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selfstudy.domain.passage import Passage
from selfstudy.outer_loop.choose import best_of_each, diversity_of
from selfstudy.outer_loop.contract import Arm, Bench, E, LoopSettings, Round


@dataclass(frozen=True)
class BestOfN:
    """`accepted` holds the choice for each passage. No guard: nobody is taught, so nobody can collapse."""

    name: str = "best_of_n"

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
            accepted, _ = best_of_each(tried, None)
            kept = diversity_of(t.candidate for t in accepted)
            yield Round(editor, arms[0], tuple(tried), tuple(accepted), kept, diversity_of(sampled))
