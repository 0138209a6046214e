"""ReST-EM as SEAL runs it: sample, keep the best self-edit of each passage, teach the editor those (section 3.1).

The trained editor writes in the next round and is the learner's base there, as SEAL's merged model is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selfstudy.domain.passage import Passage
from selfstudy.outer_loop.choose import best_of_each, diversity_of
from selfstudy.outer_loop.contract import Arm, Bench, E, Example, LoopSettings, Round


@dataclass(frozen=True)
class RestEM:
    """Best by mean outcome over seeds, not by gain, and without a threshold; ties go to the first sampled."""

    name: str = "rest_em"

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
            accepted, refused = best_of_each(tried, settings.guard)
            examples = [Example.of(t.candidate) for t in accepted]
            editor = bench.teach(editor, examples, stage)
            kept = diversity_of(t.candidate for t in accepted)
            yield Round(editor, arms[0], tuple(tried), tuple(accepted), kept, diversity_of(sampled), refused)
