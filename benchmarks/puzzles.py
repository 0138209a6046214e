#!/usr/bin/env python3
"""How fast adapters for many puzzles train together, against the inner loop's own rows, in one run.

    python benchmarks/puzzles.py [--model M] [--source training] [--puzzles 32] [--budget T] [--rounds N] [--rows FILE]
        [--steps S] [--json FILE]

`puzzles` trains one adapter for each of the N puzzles of the fewest tokens, by the fixed plan "basic" within --budget
tokens a puzzle, all in one call; `rows` the first 16 trials of the inner loop's benchmark at all linear layers for
--steps steps, `rows_puzzle_targets` at the linear layers that puzzles adapt. The three alternate. tokens_per_s counts
every token that went through the model in training: of a puzzle most have no loss, and cost less than those that have
one. Ratios, a value a round, are puzzles / rows; medians with their least and greatest.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.inner_loop import BASELINES
from benchmarks.inner_loop_cases import jobs_of
from benchmarks.inner_loop_trials import generated_trials, read_trials, tokenised
from benchmarks.timing import TARGETS, hardware, model_options, open_with_tokenizer, spread, table, timed

from selfstudy.engine.contract import TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.models.chat import ChatForm
from selfstudy.tasks.arc.adapt import TARGETS as PUZZLE_TARGETS
from selfstudy.tasks.arc.adapt import AdaptSettings, Lesson, lesson
from selfstudy.tasks.arc.grid_tokens import grid_form
from selfstudy.tasks.arc.plans import BASIC
from selfstudy.tasks.arc.presets import smallest
from selfstudy.tasks.arc.subsets import load

NUM_ROWS_ADAPTERS = 16


class Trained(NamedTuple):
    """One case in one round: sums over `adapters`, all epochs."""

    adapters: int
    seconds: float
    tokens: int
    trained_tokens: int
    steps: int

    @property
    def tokens_per_s(self) -> float:
        return self.tokens / self.seconds


def puzzle_jobs(form: ChatForm, source: str, count: int, budget: int) -> list[TrainJob]:
    """A job a puzzle. Raises ValueError where `source` has fewer puzzles, or one of them cannot be trained on."""
    puzzles, grids = smallest(load(source), count), grid_form(form)
    if len(puzzles) < count:
        raise ValueError(f"{source} has {len(puzzles)} with known answers; ask for no more (--puzzles)")
    jobs = []
    for seed, puzzle in enumerate(puzzles):
        found = lesson(form, grids, puzzle, BASIC, AdaptSettings(budget=budget))
        if not isinstance(found, Lesson):
            raise ValueError(f"puzzle {puzzle.id}: {found}; raise --budget")
        jobs.append(TrainJob(found.rows, found.recipe, seed))
    return jobs


def measure(engine: Engine, jobs: Sequence[TrainJob]) -> Trained:
    seconds, results = timed(engine.backbone.device, lambda: engine.train(jobs))
    for number, result in enumerate(results):
        if result.failure is not None:
            raise RuntimeError(f"adapter {number} failed in training ({result.failure}); nothing to time")
    return Trained(
        len(jobs), seconds, sum(r.tokens for r in results), sum(r.trained_tokens for r in results),
        sum(len(r.losses) for r in results),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[model_options()]
    )
    parser.add_argument("--source", default="training", help="a subset, a folder of task files, or one such file")
    parser.add_argument("--puzzles", type=int, default=32)
    parser.add_argument("--budget", type=int, default=3000, help="tokens that go through the model for each puzzle")
    parser.add_argument("--steps", type=int, default=12, help="that each of the inner loop's trials takes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=Path, help="without it the baselines' rows_32.json, or generated rows")
    args = parser.parse_args()

    engine, form = open_with_tokenizer(args, max(args.puzzles, NUM_ROWS_ADAPTERS))
    file = args.rows or BASELINES / "rows_32.json"
    try:
        texts = read_trials(file) if args.rows or file.exists() else generated_trials(NUM_ROWS_ADAPTERS, seed=0)
        jobs = {"puzzles": puzzle_jobs(form, args.source, args.puzzles, args.budget)}
    except ValueError as error:
        sys.exit(f"puzzles: {str(error).removeprefix('puzzles: ')}")
    trials = [tokenised(text, form, engine.backbone.model.config.vocab_size) for text in texts[:NUM_ROWS_ADAPTERS]]
    jobs["rows"] = jobs_of(trials, TARGETS["all"], max_steps=args.steps)
    jobs["rows_puzzle_targets"] = jobs_of(trials, PUZZLE_TARGETS, max_steps=args.steps)

    found: dict[str, list[Trained]] = {case: [] for case in jobs}
    for number in range(args.rounds):
        for case, asked in jobs.items():
            print(f"round {number + 1} of {args.rounds}: {case}", file=sys.stderr)
            if number == 0:
                engine.train(asked[:1])  # the first one prepares the kernels
            found[case].append(measure(engine, asked))
    rows = [
        {"case": case, **taken[0]._asdict(), "tokens_per_s": rate.median, "least": rate.min, "greatest": rate.max}
        for case, taken in found.items()
        if (rate := spread([each.tokens_per_s for each in taken]))
    ]
    ratios = {
        case: spread([p.tokens_per_s / r.tokens_per_s for p, r in zip(found["puzzles"], found[case], strict=True)])
        for case in ("rows", "rows_puzzle_targets")
    }
    columns = {"case": "{}", "adapters": "{}", "tokens": "{:,}", "trained_tokens": "{:,}", "steps": "{}"}
    print(table(rows, {**columns, "tokens_per_s": "{:.0f}", "least": "{:.0f}", "greatest": "{:.0f}"}))
    for case, ratio in ratios.items():
        if ratio:
            print(f"puzzles / {case}: {ratio.median:.2f} ({ratio.min:.2f} to {ratio.max:.2f})")
    if args.json:
        machine = {"hardware": hardware(engine.backbone), "model": engine.identity, "budget": args.budget}
        asked_of = {case: ratio._asdict() if ratio else None for case, ratio in ratios.items()}
        args.json.write_text(json.dumps({**machine, "rows": rows, "ratios": asked_of}, indent=2) + "\n")


if __name__ == "__main__":
    main()
