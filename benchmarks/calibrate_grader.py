"""Fit the grader's weights to a judge's verdicts, and say how far it agrees with the judge on passages it has not seen.

    python benchmarks/calibrate_grader.py judged_answers.json --out weights.json

The file is laid out as for `selfstudy grade`; each entry has "judged_correct" and "passage". Passages are the unit: a
fold holds all answers to the questions of its passages, and the interval resamples passages.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.logistic import Floats, fit_logistic

from selfstudy.cli.grade import JudgedAnswer, read_answers
from selfstudy.grading.agreement import agreement
from selfstudy.grading.features import NAMES
from selfstudy.grading.grade import Grader

RIDGE = 10.0
"""Penalty on the squared weights of standardised features, in units of one answer's log loss."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, help="where to write the weights that all answers give")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--splits", type=int, default=10, help="random ways to cut the passages into folds")
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    answers = read_answers(args.file)
    measured, decided = measure(answers)
    judged = np.array([bool(each.judged) for each in answers])
    passages = np.array([str(each.fields["passage"]) for each in answers])
    kappas, verdicts = [], []
    for seed in range(args.splits):
        verdicts.append(out_of_fold(measured, decided, judged, passages, args.folds, seed))
        kappas.append(kappa(verdicts[-1], judged))
    low, high = interval(verdicts, judged, passages, args.resamples)
    weights, bias = fit(measured, decided, judged)
    groups = by_length(answers, verdicts[0], judged)
    num_passages = len(set(passages))
    result = {
        "n": len(answers), "passages": num_passages, "folds": args.folds, "splits": args.splits,
        "kappa": float(np.mean(kappas)), "kappa_low": low, "kappa_high": high,
        "kappa_over_splits": [min(kappas), max(kappas)],
        "agreement": float(np.mean([(v == judged).mean() for v in verdicts])),
        "accuracy": float(np.mean(verdicts)), "judged_accuracy": float(judged.mean()),
        "kappa_of_containment": kappa(np.array([e.question.accepts(e.answer) for e in answers]), judged),
        "groups": groups,
    }  # fmt: skip
    print(f"out of fold, {args.splits} splits of {num_passages} passages into {args.folds}:")
    print(
        f"kappa {result['kappa']:.3f} ({low:.3f}..{high:.3f}, passages resampled), agreement {result['agreement']:.1%}"
    )
    print(f"right {result['accuracy']:.1%}, by the judge {judged.mean():.1%}")
    print(f"containment of the gold answer: kappa {result['kappa_of_containment']:.3f}")
    print(f"{'answers of ... words':24}{'n':>6}{'ours':>8}{'judge':>8}{'kappa':>8}")
    for row in groups:
        print(f"{row['words']:24}{row['n']:6}{row['ours']:8.1%}{row['judge']:8.1%}{row['kappa']:8.3f}")
    for name, weight in zip(NAMES, weights, strict=True):
        print(f"{name:24}{weight:8.3f}")
    print(f"{'bias':24}{bias:8.3f}")
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if args.out:
        held = {"bias": round(bias, 4), "weights": dict(zip(NAMES, weights.round(4).tolist(), strict=True))}
        args.out.write_text(json.dumps(held, indent=2) + "\n", encoding="utf-8")


def measure(answers: tuple[JudgedAnswer, ...]) -> tuple[Floats, NDArray[np.int8]]:
    """The features of each answer, and the verdict of a rule: 1 right, -1 wrong, 0 where the features decide.

    With several accepted answers the first decides, as a fit needs one row an answer.
    """
    rows, decided = np.zeros((len(answers), len(NAMES))), np.zeros(len(answers), dtype=np.int8)
    neutral = Grader((0.0,) * len(NAMES), 0.0)
    for i, each in enumerate(answers):
        verdict = neutral.grade(each.question, each.answer)
        if verdict.features is None:
            decided[i] = 1 if verdict.right else -1
        else:
            rows[i] = verdict.features.values()
    return rows, decided


def fit(rows: Floats, decided: NDArray[np.int8], judged: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Ridge logistic regression on the answers that features decide.

    The bias is then moved so that as many answers are right as the judge found right: one that agrees on
    as many answers but is stricter would put every accuracy too low.
    """
    open_rows = decided == 0
    used, target = rows[open_rows], judged[open_rows]
    middle, spread = used.mean(0), used.std(0) + 1e-9
    scaled = np.c_[(used - middle) / spread, np.ones(len(used))]
    ridge = np.r_[np.full(used.shape[1], RIDGE), 0.0]
    found = fit_logistic(scaled, target, ridge)
    weights = found[:-1] / spread
    scores = used @ weights
    num_wanted = int(judged.sum() - (decided == 1).sum())
    # Between the last score that shall be right and the first that shall not.
    ranked = np.sort(scores)[::-1]
    cut = (ranked[num_wanted - 1] + ranked[num_wanted]) / 2 if 0 < num_wanted < len(ranked) else np.median(ranked)
    return weights, float(-cut)


def verdicts_of(rows: Floats, decided: NDArray[np.int8], weights: Floats, bias: float) -> NDArray[np.bool_]:
    return np.where(decided == 0, rows @ weights + bias > 0, decided > 0)


def out_of_fold(
    rows: Floats,
    decided: NDArray[np.int8],
    judged: NDArray[np.bool_],
    passages: NDArray[np.str_],
    folds: int,
    seed: int,
) -> NDArray[np.bool_]:
    """Each answer's verdict by weights that were fitted without its passage."""
    found = np.zeros(len(rows), dtype=bool)
    order = np.random.default_rng(seed).permutation(np.unique(passages))
    for held_out in np.array_split(order, folds):
        test = np.isin(passages, held_out)
        weights, bias = fit(rows[~test], decided[~test], judged[~test])
        found[test] = verdicts_of(rows[test], decided[test], weights, bias)
    return found


def interval(
    verdicts: list[NDArray[np.bool_]], judged: NDArray[np.bool_], passages: NDArray[np.str_], resamples: int
) -> tuple[float, float]:
    """95 % percentile interval of kappa over passages drawn with replacement, the splits in turn."""
    members = [np.flatnonzero(passages == name) for name in np.unique(passages)]
    random = np.random.default_rng(0)
    found = []
    for i in range(resamples):
        drawn = np.concatenate([members[j] for j in random.integers(len(members), size=len(members))])
        found.append(kappa(verdicts[i % len(verdicts)][drawn], judged[drawn]))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def kappa(ours: NDArray[np.bool_], judge: NDArray[np.bool_]) -> float:
    found = agreement(ours.tolist(), judge.tolist()).kappa
    return float("nan") if found is None else found


def by_length(
    answers: tuple[JudgedAnswer, ...], ours: NDArray[np.bool_], judged: NDArray[np.bool_]
) -> list[dict[str, object]]:
    """Agreement by how long an answer is, which is how models and self-edits differ most where a file names neither."""
    sizes = np.array([len(each.answer.split()) for each in answers])
    rows: list[dict[str, object]] = []
    for low, high in ((0, 2), (3, 9), (10, 19), (20, 39), (40, 10**6)):
        at = (sizes >= low) & (sizes <= high)
        if at.any():
            found = agreement(ours[at].tolist(), judged[at].tolist())
            label = f"{low}-{high}" if high < 10**6 else f"{low} and more"
            rows.append({"words": label, "n": found.n, "ours": found.ours, "judge": found.judge, "kappa": found.kappa})
    return rows


if __name__ == "__main__":
    main()
