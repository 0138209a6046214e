"""A bandit over ways to study: which form, recipe and directives; the editor's weights stay as they are.

SEAL's own tables say that the prompt matters more than the reinforcement learning.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.outer_loop.choose import diversity_of
from selfstudy.outer_loop.contract import Arm, Bench, E, LoopSettings, Round, Tried
from selfstudy.outer_loop.thompson import best_arm, pull


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
        known: list[tuple[str, Arm, float]] = []
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
