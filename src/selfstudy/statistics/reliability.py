"""How much of one evaluation's differences between a passage's candidates is the candidates, and how much the seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean  # exact: of equal values it is that value

import numpy as np

from selfstudy.statistics.bootstrap import Array, Estimate, bootstrap, check_values, ratio


@dataclass(frozen=True)
class Reliability:
    """Variance components of an evaluation, in the squared unit of the values given.

    `candidates` is the variance between the candidates of one passage and may be estimated below zero, where there is
    less between them than the seeds explain; `seeds` is the variance of one candidate over seeds. `one` is ICC(1),
    candidates / (candidates + seeds), as estimated: not truncated, and None where nothing varies.
    """

    num_passages: int
    num_candidates: int
    num_evaluations: int
    candidates: float
    seeds: float
    one: Estimate

    def averaged(self, num_evaluations: int) -> Estimate:
        """Reliability of the mean of so many evaluations (Spearman 1910, Brown 1910): k r / (1 + (k - 1) r).

        This formula has no sense below zero, so that `one` and its interval are truncated first.

        Raises:
            ValueError: fewer than one evaluation.
        """
        k = num_evaluations
        if k < 1:
            raise ValueError(f"reliability: the mean of {k} evaluations is impossible; give at least 1")
        found = [None if r is None else truncated(r) for r in (self.one.value, self.one.low, self.one.high)]
        return Estimate(*(None if r is None else k * r / (1 + (k - 1) * r) for r in found))


def truncated(estimate: float) -> float:
    """An estimate of what cannot be negative, cut at zero: the one place of this module where that is done."""
    return max(0.0, estimate)


def reliability(
    evaluations: Mapping[str, Sequence[Sequence[float]]], *, resamples: int = 9_999, seed: int = 0
) -> Reliability:
    """ICC(1) by one-way random-effects analysis of variance (Fisher 1925; Shrout and Fleiss 1979), within passages.

    `evaluations` has, for each passage, the values of each candidate under several seeds, as many as there are. With N
    the values of a passage and n those of a candidate, sums over all passages of
    SS_s = sum (x - candidate's mean)^2 with N - #candidates degrees of freedom, and
    SS_c = sum n (candidate's mean - passage's mean)^2 with d = #candidates - 1 of them, give
    seeds = MS_s and candidates = (SS_c - d MS_s) / (N - sum n^2 / N), summed likewise: unbiased for any numbers of
    candidates and seeds (Searle, Casella and McCulloch 1992, chapter 3).

    Seeds count as drawn anew for each candidate. If siblings share them and a seed moves all siblings alike, that part
    is taken for noise though it cancels between siblings, and less the more often each is evaluated it lowers
    `candidates` as well: the figure is then too low, never too high.

    Raises:
        ValueError: fewer than two passages, no passage with two candidates, no candidate with two evaluations, a
            candidate without any, or a value that is not finite.
    """
    parts: dict[str, list[float]] = {}
    for passage, candidates in evaluations.items():
        if not candidates:
            raise ValueError(f"reliability: passage {passage!r} has no candidates; leave it out")
        for place, values in enumerate(candidates):
            check_values(f"reliability: candidate {place} of passage {passage!r}", values)
        parts[passage] = _parts(candidates)
    totals = np.array([parts[passage] for passage in sorted(parts)]).reshape(-1, 5).sum(axis=0, keepdims=True)
    if totals[0, 1] == 0 or totals[0, 3] == 0:
        raise ValueError("reliability: it takes a passage with two candidates and a candidate with two evaluations")
    between, within = _components(totals)
    one = bootstrap(parts, _icc, resamples=resamples, seed=seed)
    sizes = [len(values) for candidates in evaluations.values() for values in candidates]
    return Reliability(len(parts), len(sizes), sum(sizes), float(between[0]), float(within[0]), one)


def _parts(candidates: Sequence[Sequence[float]]) -> list[float]:
    """Of one passage: SS_c, its degrees of freedom, SS_s, its degrees of freedom, N - sum n^2 / N."""
    centres, sizes = [mean(values) for values in candidates], [len(values) for values in candidates]
    middle, n = mean([value for values in candidates for value in values]), sum(sizes)
    between = math.fsum(size * (centre - middle) ** 2 for size, centre in zip(sizes, centres, strict=True))
    within = math.fsum((v - centre) ** 2 for values, centre in zip(candidates, centres, strict=True) for v in values)
    return [between, len(sizes) - 1, within, n - len(sizes), n - sum(size**2 for size in sizes) / n]


def _components(sums: Array) -> tuple[Array, Array]:
    within = ratio(sums[:, 2], sums[:, 3])
    return ratio(sums[:, 0] - sums[:, 1] * within, sums[:, 4]), within


def _icc(sums: Array) -> Array:
    between, within = _components(sums)
    return ratio(between, between + within)
