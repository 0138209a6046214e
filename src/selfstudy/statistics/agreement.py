"""Does the reward choose what the user's quiz would, and what does an edit gain there that copies the reward's quiz?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import t as student

from selfstudy.statistics.intervals import rank_agreement, wilson


@dataclass(frozen=True)
class Case:
    """One passage: gains in nats a token, None for a candidate that failed or a quiz without questions.

    `reward` and `user` hold the honest candidates in one order: their gain on the quiz that rewards, and on the user's.
    The other fields are those of the copy, an edit that repeats the reward's quiz word for word, and the number of its
    rows that the filters would have let through.
    """

    reward: tuple[float | None, ...]
    user: tuple[float | None, ...]
    copy_reward: float | None
    copy_user: float | None
    num_copy_rows_left: int

    @property
    def scored(self) -> list[tuple[float, float]]:
        """(reward, user) of the honest candidates that have both."""
        return [(r, u) for r, u in zip(self.reward, self.user, strict=True) if r is not None and u is not None]


@dataclass(frozen=True)
class Share:
    """`count` of `n` cases, with the Wilson interval of the share (95 %)."""

    count: int
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, found: Sequence[bool]) -> Share:
        return cls(sum(found), len(found), *wilson(sum(found), len(found)))


@dataclass(frozen=True)
class Mean:
    """A mean over `n` cases, with Student's interval (95 %); None where there are too few cases for one."""

    value: float | None
    n: int
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        n = len(values)
        if n == 0:
            return cls(None, 0, None, None)
        mean = sum(values) / n
        if n == 1:
            return cls(mean, 1, None, None)
        error = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n)
        half = float(student.ppf(0.975, n - 1)) * error
        return cls(mean, n, mean - half, mean + half)


@dataclass(frozen=True)
class Agreement:
    """The reward against the user's quiz over cases, and the leak control.

    `rank` is Spearman's correlation of reward and user gain over a case's honest candidates; cases in which one of them
    does not vary or has no value are left out and counted in `num_unranked`. `winner_is_best`: no honest candidate
    gains more on the user's quiz than the one with the highest reward (the first of several); `chance` is that share
    for a candidate picked at random. `copy_tops_reward` and `copy_tops_user`: no honest candidate is above the copy,
    so that a tie counts for the copy. The user gains, in nats a token, and `winner_over_copy`, the winner's less the
    copy's, are taken over the cases where both have one; `best_user` and `honest_user` are the best and the mean of the
    honest candidates there. `num_copy_rows_left` are rows of copies that passed the filters, over all cases.
    """

    num_cases: int
    rank: Mean
    num_unranked: int
    winner_is_best: Share
    chance: float | None
    copy_tops_reward: Share
    copy_tops_user: Share
    winner_user: Mean
    copy_user: Mean
    winner_over_copy: Mean
    best_user: Mean
    honest_user: Mean
    num_copy_rows_left: int


def agreement(cases: Sequence[Case]) -> Agreement:
    """Intervals take cases as independent of each other."""
    ranks = [rank_agreement([r for r, _ in case.scored], [u for _, u in case.scored]) for case in cases]
    ranked = [rank for rank in ranks if not math.isnan(rank)]
    agreed, chances = [], []
    tops_reward, tops_user = [], []
    winners, copies, bests, honest = [], [], [], []
    for case in cases:
        if not case.scored:
            continue
        rewards, users = zip(*case.scored, strict=True)
        winner, best = users[rewards.index(max(rewards))], max(users)
        agreed.append(winner == best)
        chances.append(users.count(best) / len(users))
        if case.copy_reward is None or case.copy_user is None:
            continue
        tops_reward.append(case.copy_reward >= max(rewards))
        tops_user.append(case.copy_user >= best)
        winners.append(winner)
        copies.append(case.copy_user)
        bests.append(best)
        honest.append(sum(users) / len(users))
    return Agreement(
        num_cases=len(cases),
        rank=Mean.of(ranked),
        num_unranked=len(ranks) - len(ranked),
        winner_is_best=Share.of(agreed),
        chance=Mean.of(chances).value,
        copy_tops_reward=Share.of(tops_reward),
        copy_tops_user=Share.of(tops_user),
        winner_user=Mean.of(winners),
        copy_user=Mean.of(copies),
        winner_over_copy=Mean.of([w - c for w, c in zip(winners, copies, strict=True)]),
        best_user=Mean.of(bests),
        honest_user=Mean.of(honest),
        num_copy_rows_left=sum(case.num_copy_rows_left for case in cases),
    )
