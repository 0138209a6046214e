"""Which plans the editor is taught after a round: ReST-EM's step as in the paper, or gains where solves lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Literal

from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.pooled import Gains

Rule = Literal["solved", "gain"]


@dataclass(frozen=True)
class Accepted:
    """The accepted outcomes, and by which rule: "solved" is the paper's, "gain" stands in for it."""

    rule: Rule
    outcomes: tuple[PuzzleOutcome, ...]


def accept(
    tried: Mapping[str, Sequence[PuzzleOutcome]], expected: Gains, *, fewest_solved: int = 4, most_each: int = 2
) -> Accepted:
    """Every plan that solved its puzzle (paper, section 3.2: reward 1 or 0), if at least `fewest_solved` puzzles were
    solved by some plan; else of each puzzle up to `most_each` plans that gained on it and of which a gain above zero,
    and not below the mean of their siblings, is expected elsewhere too, and of all these the better half: by a rate at
    which nothing is learned, some plan of every puzzle gains a hundredth of a nat. A puzzle's best come first.

    `tried` has the outcomes of each puzzle's plans. Equal plans for a puzzle count once. `expected` gains decide which
    plans are better (`pooled.pooled_gains`); a plan of which none is known is not accepted by them.
    """
    distinct = {puzzle: tuple({each.plan: each for each in outcomes}.values()) for puzzle, outcomes in tried.items()}
    solved = {puzzle: tuple(o for o in outcomes if o.solved()) for puzzle, outcomes in distinct.items()}
    if sum(map(bool, solved.values())) >= fewest_solved:
        return Accepted("solved", tuple(each for outcomes in solved.values() for each in outcomes))
    better: list[tuple[float, PuzzleOutcome]] = []
    for outcomes in distinct.values():
        worth = [(expected[each.puzzle, each.plan], each) for each in outcomes if (each.puzzle, each.plan) in expected]
        if not worth:
            continue
        mean = sum(value for value, _ in worth) / len(worth)
        good = [(value, each) for value, each in worth if value > 0 and value >= mean and (each.gain or 0) > 0]
        better += sorted(good, key=lambda pair: -pair[0])[:most_each]
    least = median_low(value for value, _ in better) if better else 0.0
    return Accepted("gain", tuple(each for value, each in better if value >= least))
