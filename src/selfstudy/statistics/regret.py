"""What a selection among a passage's candidates lost against the best of them, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean  # exact: of equal values it is that value

from selfstudy.statistics.bootstrap import Estimate, bootstrap, check_values, ratio


@dataclass(frozen=True)
class Choice:
    """One passage: the true values of its candidates, means over seeds that no selection has seen, and who was taken.

    `taken` is the place of the selection's candidate in `values`, `cost` what the selection spent, and `full_cost` what
    evaluating all candidates fully costs, in one unit. `full_taken` is the place of the one that this would have taken,
    None where it was not tried.
    """

    values: tuple[float, ...]
    taken: int
    cost: float
    full_cost: float
    full_taken: int | None = None


@dataclass(frozen=True)
class Regret:
    """Over passages; values in the unit of the candidates' values, shares as ratios of sums over passages.

    `regret` is best - taken, `gain` is taken - mean, where a passage's mean is what a random choice yields on average.
    `kept` is the share of the best's gain that was kept, sum(taken - mean) / sum(best - mean), and `kept_of_full` the
    share of the gain of the full evaluation's choice, None unless all passages have one. A share is None where there
    was no gain to keep. `cost_ratio` is sum(cost) / sum(full cost).
    """

    num_passages: int
    regret: Estimate
    gain: Estimate
    kept: Estimate
    kept_of_full: Estimate | None
    cost_ratio: Estimate


def regret(choices: Mapping[str, Choice], *, resamples: int = 9_999, seed: int = 0) -> Regret:
    """Sums over passages before dividing, so that passages in which all candidates are alike do no harm.

    The best of measured means is partly the luckiest one (Smith and Winkler 2006), so that `regret` is too high rather
    than too low and `kept` the reverse, the more so the fewer seeds are behind a value; `kept_of_full` compares two
    choices made without these values and has no such bias.

    Raises:
        ValueError: fewer than two passages, a place that no candidate has, a cost that is not finite and, for the full
            one, above zero, or a value that is not finite.
    """
    parts = {passage: _parts(passage, choice) for passage, choice in choices.items()}

    def quotient(top: int, bottom: int) -> Estimate:
        return bootstrap(parts, lambda sums: ratio(sums[:, top], sums[:, bottom]), resamples=resamples, seed=seed)

    full = bool(choices) and all(choice.full_taken is not None for choice in choices.values())
    return Regret(
        num_passages=len(choices),
        regret=quotient(1, 0),
        gain=quotient(2, 0),
        kept=quotient(2, 3),
        kept_of_full=quotient(2, 4) if full else None,
        cost_ratio=quotient(5, 6),
    )


def _parts(passage: str, choice: Choice) -> Sequence[float]:
    """One passage, best - taken, taken - mean, best - mean, full choice's value - mean, cost, full cost."""
    values = choice.values
    check_values(f"regret: passage {passage!r}", values)
    for place in (choice.taken, choice.full_taken):
        if place is not None and not 0 <= place < len(values):
            raise ValueError(f"regret: passage {passage!r} has no candidate {place}; they are 0 to {len(values) - 1}")
    if not (0 <= choice.cost < math.inf and 0 < choice.full_cost < math.inf):
        raise ValueError(f"regret: passage {passage!r} has the costs {choice.cost} and, in full, {choice.full_cost}")
    taken, best, middle = values[choice.taken], max(values), mean(values)
    full = 0.0 if choice.full_taken is None else values[choice.full_taken] - middle
    return 1.0, best - taken, taken - middle, best - middle, full, choice.cost, choice.full_cost
