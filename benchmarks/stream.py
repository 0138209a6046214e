#!/usr/bin/env python3
"""What a home still knows while it learns one document set after another, and what each further set costs.

    python benchmarks/stream.py [--model M] [--set FOLDER ...] [--home HOME] [--seed S] [--json FILE]

A set is a folder with docs/*.md and quiz.jsonl. Each is learned with one call of `Study.learn` on top of what was
learned before; after each, every set's quiz is answered by the current version as a user gets it (routed). A version
that the gate refuses answers nothing: its parent goes on, and the row says so. The quizzes only report.

With R[i, j] the accuracy on set j after set i (R[0, j] before any) and T sets: ACC is the mean over j of R[T, j];
backward transfer the mean over j < T of R[T, j] - R[j, j] (Lopez-Paz and Ranzato 2017, arXiv 1706.08840); forgetting
the mean over j < T of the best of R[j..T-1, j], minus R[T, j] (Chaudhry et al. 2018, arXiv 1801.10112).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from selfstudy import Settings, Study
from selfstudy.documents.quiz_file import read_quiz
from selfstudy.domain.quiz import Quiz

SETS = Path(__file__).resolve().parent.parent / "examples" / "sets"


@dataclass(frozen=True)
class Step:
    """After learning `name`: right answers by set, in the order of the stream, and what it took."""

    name: str
    published: bool
    right: tuple[int, ...]
    kept: int
    kept_of: int
    kept_always_on: int
    steps: int
    seconds: float
    reasons: tuple[str, ...]


def matrix_scores(accuracy: list[list[float]]) -> dict[str, float]:
    """ACC, backward transfer and forgetting of R, whose row 0 is before any set."""
    last, earlier = accuracy[-1], range(len(accuracy) - 2)
    found = {"acc": mean(last)}
    if earlier:
        found["backward_transfer"] = mean(last[j] - accuracy[j + 1][j] for j in earlier)
        found["forgetting"] = mean(max(row[j] for row in accuracy[j + 1 : -1]) - last[j] for j in earlier)
    return found


def answered(study: Study, quizzes: list[Quiz], *, learned: bool) -> tuple[int, ...]:
    found = []
    for quiz in quizzes:
        result = study.quiz(quiz, in_context=False)
        asked = result.version if learned and result.version is not None else result.closed_book
        found.append(asked.score.right)
    return tuple(found)


def run(study: Study, folders: list[Path]) -> tuple[tuple[int, ...], list[Step]]:
    """Right answers before any set was learned, and each step."""
    quizzes = [read_quiz(folder / "quiz.jsonl") for folder in folders]
    rows: list[Step] = []
    before: tuple[int, ...] = ()
    for folder in folders:
        begin = time.perf_counter()
        found = study.learn([folder / "docs"], say=lambda text: print(f"  {text}", file=sys.stderr))
        seconds = round(time.perf_counter() - begin, 1)
        scores, gate = found.version.scores, found.version.gate
        before = before or answered(study, quizzes, learned=False)
        rows.append(
            Step(
                folder.name, gate.published, answered(study, quizzes, learned=True), scores.kept.right, scores.kept.n,
                scores.kept_always_on.right, found.version.steps, seconds, gate.reasons,
            )
        )  # fmt: skip
        print(json.dumps(asdict(rows[-1])), file=sys.stderr)
    return before, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--set", type=Path, nargs="+", default=sorted(p for p in SETS.iterdir() if p.is_dir()))
    parser.add_argument("--home", type=Path, help="keep the home there; without it a temporary one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = args.home or Path(scratch) / "home"
        before, rows = run(Study(home, args.model, settings=Settings(seed=args.seed)), args.set)
    sizes = [len(read_quiz(folder / "quiz.jsonl")) for folder in args.set]
    print(table(rows, before, sizes))
    shares = [[right / n for right, n in zip(row, sizes, strict=True)] for row in (before, *(r.right for r in rows))]
    summary = matrix_scores(shares)
    print(", ".join(f"{name} {value:+.3f}" for name, value in summary.items()))
    if args.json:
        document = {
            "model": args.model, "seed": args.seed, "sets": [p.name for p in args.set], "n": sizes, "before": before,
            "rows": [asdict(row) for row in rows], **summary,
        }  # fmt: skip
        args.json.write_text(json.dumps(document, indent=2) + "\n")


def table(rows: list[Step], before: tuple[int, ...], sizes: list[int]) -> str:
    lines = ["after " + " ".join(r.name for r in rows) + " | kept, always on, n | steps seconds"]
    lines.append("n " + " ".join(map(str, sizes)))
    lines.append("nothing " + " ".join(map(str, before)))
    for row in rows:
        lines.append(
            f"{row.name}{'' if row.published else ' (refused)'} {' '.join(map(str, row.right))} | "
            f"{row.kept} {row.kept_always_on} {row.kept_of} | {row.steps} {row.seconds}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
