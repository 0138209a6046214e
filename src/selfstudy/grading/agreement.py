"""How far two graders agree on the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Of `n` answers: the share that each grader finds right, the share on which they agree, and Cohen's kappa.

    Kappa (Cohen 1960) is the agreement beyond what two graders with these shares would reach by chance, over the most
    that is possible: 1 for full agreement, 0 for none beyond chance. None where both give one and the same verdict
    throughout, so that chance alone makes them agree.
    """

    n: int
    ours: float
    judge: float
    agreement: float
    kappa: float | None


def agreement(ours: Sequence[bool], judge: Sequence[bool]) -> Agreement:
    """Raises ValueError if there are no verdicts, or not as many of one as of the other."""
    n = len(ours)
    if n == 0 or len(judge) != n:
        raise ValueError(f"agreement: {n} verdicts against {len(judge)}")
    share, judged = sum(ours) / n, sum(judge) / n
    agreed = sum(a == b for a, b in zip(ours, judge, strict=True)) / n
    chance = share * judged + (1 - share) * (1 - judged)
    return Agreement(n, share, judged, agreed, None if chance == 1 else (agreed - chance) / (1 - chance))
