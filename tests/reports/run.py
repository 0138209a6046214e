"""Plausible reproductions: rows, rounds with their candidates, and a study of rewards; all figures are invented."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, pstdev

from selfstudy.domain.rewarded import Pace, Rewarded, Timed
from selfstudy.reports.reproduction import PageRound, PageRow, PageStage, PageStudy, ReproductionPage
from selfstudy.statistics.bootstrap import Estimate

NATS = "nats a token"
TITLES = (
    "Warsaw", "Nikola_Tesla", "Southern_California", "Steam_engine", "Oxygen", "Amazon_rainforest", "Warsaw",
    "Scottish_Parliament", "Intergovernmental_Panel_on_Climate_Change", "Huguenot",
)  # fmt: skip
_ROWS = """
closed_book                       6.2  0.00     0   32.7
open_book                        54.1  2.31     0
bm25                             47.9  2.02     0
passage_only                      8.3  0.22   171   33.5
implications                     12.5  0.61   834   39.7
implications_long                14.6  0.74  1712   49.3
rewrite                          13.1  0.80  1633   49.4
self_qa                          16.0  0.91  1208   37.3
none                              7.4  0.31   905   13.8
questions                        29.2  1.62   703
question_answer                  27.1  1.48   966
wrong_passage                     6.2 -0.04   834
notes:gpt41_implications         20.8  1.10  1490   46.3
notes:qwen7b_rewrite             18.8  1.02  1844   49.4
ours                             35.4  1.94  1377
ours_wrong_passage                5.1 -0.11  1377
rest_em_1                        12.6  0.66   802   43.7
rest_em_1_closed_book             6.2  0.03     0
rest_em_2                        14.0  0.69   790   47.0
rest_em_2_closed_book             6.2  0.02     0
bandit                           29.2  1.60   703
best_of_n                        15.3  0.83   846
random_choice                    12.3  0.60   829
"""


def rows() -> tuple[PageRow, ...]:
    """As the table of a whole run has them."""
    made = []
    for line in _ROWS.strip().splitlines():
        name, right, gain, tokens, *paper = line.split()
        share, trials = float(right) / 100, 8 if float(tokens) else 0
        pace = Pace.of([Timed(8, 19.2 + float(tokens) / 60)] * (trials // 8))
        made.append(
            PageRow(
                name, Estimate(share, max(0.0, share - 0.11), share + 0.13),
                Estimate(float(gain), float(gain) - 0.25, float(gain) + 0.28), 41, 8, float(tokens), 31.5, 0,
                float(paper[0]) if paper else None, pace,
            )
        )  # fmt: skip
    return tuple(made)


def tried(
    passages: int, samples: int, level: float = 0.6, arm: str = "implications", seed: int = 0
) -> tuple[Rewarded, ...]:
    """Candidates by passage; the best one of each is accepted, and one trial failed."""
    rng, made = random.Random(seed), []
    for place in range(passages):
        middle = rng.gauss(level, 0.35)
        found = [rng.gauss(middle, 0.2) for _ in range(samples)]
        for sample, reward in enumerate(found):
            failed = (place, sample) == (1, 0) and samples > 1
            made.append(
                Rewarded(
                    f"passage {place}", TITLES[place % len(TITLES)], arm, sample, None if failed else reward,
                    None if failed else abs(rng.gauss(0.15, 0.04)), 1, int(failed), 0.0 if failed else 812.5,
                    reward == max(found[1:] or found) and not failed,
                )
            )  # fmt: skip
    return tuple(made)


def a_round(algorithm: str, number: int, candidates: Sequence[Rewarded], unit: str = NATS) -> PageRound:
    """Mean and best as they are of these candidates; intervals are only plausible."""
    by_passage: dict[str, list[float]] = {}
    for each in candidates:
        if each.reward is not None:
            by_passage.setdefault(each.passage, []).append(each.reward)
    mean = fmean(fmean(found) for found in by_passage.values())
    best = fmean(max(found) for found in by_passage.values())
    return PageRound(
        algorithm, number, candidates[0].arm, unit, tuple(candidates), 1, Estimate(mean, mean - 0.3, mean + 0.26),
        Estimate(best, best - 0.33, best + 0.3), fmean(pstdev(found) for found in by_passage.values()), 0.81, 0.12,
        0.44, 133.0, Pace.of([Timed(8, 21.5), Timed(4, 14.1)]),
    )  # fmt: skip


def squad(**changes: object) -> ReproductionPage:
    """A whole run of the table."""
    rounds = [
        a_round(name, n, tried(4, 3, 0.5 + 0.12 * n, seed=n))
        for name in ("rest_em", "weighted_winners")
        for n in (1, 2)
    ]
    rounds += [a_round("bandit", n, tried(3, 2, 0.7, ("questions", "self_qa")[n - 1], n)) for n in (1, 2)]
    rounds.append(a_round("best_of_n", 1, tried(8, 3, seed=9)))
    given = {"rows": rows(), "rounds": tuple(rounds)} | changes
    facts = (("run", "3f9a2c71b04d"), ("seed", "0"), ("code", "8c1fe02b94d7a635"), ("model's hash", "e1b0f9724c3d5a68"))
    about = "squad, preset small (paper v1), smollm2-135m, squad"
    return replace(ReproductionPage("squad", about, True, facts=facts), **given)  # type: ignore[arg-type]


def reward(**changes: object) -> ReproductionPage:
    """A whole study of rewards."""
    stages = [
        PageStage(f"evaluation, seed {n}", False, 2000, NATS, tried(10, 4, seed=n), Estimate(0.6, 0.3, 0.9), 311.0,
                  Pace.of([Timed(8, 60.0 + n), Timed(8, 71.0)]))
        for n in (1, 2, 3)
    ]  # fmt: skip
    for n, (budget, left, mean) in enumerate(((250, 4, 0.21), (700, 2, 0.55), (2000, 1, 0.8)), start=1):
        pace = Pace.of([Timed(8, 9.0 * n), Timed(8, 8.0 * n)] if n < 3 else [])
        stages.append(PageStage(f"race, rung {n}", True, budget, NATS, tried(10, left), Estimate(mean, mean - 0.2,
                                mean + 0.24), 80.0 if n < 3 else 0.0, pace))  # fmt: skip
    study = PageStudy(
        ("reward", "passages", "reliability of one", "of the mean of 3", "Spearman with the key"),
        (("key_likelihood", "10", "+0.71 (+0.48 to +0.84)", "+0.88 (+0.73 to +0.94)", "+0.66"),
         ("random", "10", "-0.02 (-0.20 to +0.17)", "-0.06 (-1.10 to +0.38)", "-0.10")),
        "The race keeps +0.91 (+0.72 to +1.03) of the full evaluation's gain.",
        (("key_accuracy", None), ("key_likelihood", Estimate(0.71, 0.48, 0.84)), ("cloze", Estimate(0.62, 0.3, 0.8)),
         ("quiz_likelihood", Estimate(0.55, 0.31, 0.74)), ("random", Estimate(-0.02, -0.2, 0.17))),
        tried(10, 4),
    )  # fmt: skip
    given = {"stages": tuple(stages), "study": study} | changes
    return replace(ReproductionPage("reward", "reward, preset small (paper v1), smollm2-135m, squad", True), **given)  # type: ignore[arg-type]
