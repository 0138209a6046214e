#!/usr/bin/env python3
"""How many puzzles a model solves in context only and after adapting to each by a fixed plan.

    python benchmarks/fixed_plans.py [--model M] [--source S] [--puzzles N] [--plans none basic] [--budget T]
        [--json FILE]

Without --source they are the puzzles that `selfstudy reproduce arc --preset small` reports; with it the N of the fewest
tokens in a subset, a folder of task files, or a file. They are asked as there: five views, two attempts. --plans are
those of `tasks/arc/plans.py`, none answers in context only; --budget is how many tokens go through the model in
adapting to one puzzle. Intervals (95 %) are Wilson's of solved puzzles, and of gains over puzzles, resampled.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import hardware, model_options, open_with_tokenizer, table, timed

from selfstudy.tasks.arc.grid_tokens import grid_form
from selfstudy.tasks.arc.outcome import PuzzleOutcome, run_pairs
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plans import fixed_plans
from selfstudy.tasks.arc.presets import PRESETS, puzzles_of, smallest
from selfstudy.tasks.arc.puzzle import Puzzle
from selfstudy.tasks.arc.subsets import load
from selfstudy.tasks.arc.summary import condition

PRESET = PRESETS["small"]
PLANS: Mapping[str, Plan | None] = {"none": None, **fixed_plans()}


def puzzles(source: str | None, count: int) -> tuple[Puzzle, ...]:
    """Raises ValueError as `subsets.load` does, or where fewer than two have known answers."""
    found = puzzles_of(PRESET)[1] if source is None else smallest(load(source), count)
    if len(found) < 2:
        raise ValueError(f"{source} has {len(found)} puzzles with known answers; two are needed for an interval")
    return found


def line(name: str, outcomes: tuple[PuzzleOutcome, ...], seconds: float) -> dict[str, Any]:
    found = condition({each.puzzle: (each,) for each in outcomes})
    return {
        "plan": name, **asdict(found), "seconds": round(seconds, 1),
        "solved_puzzles": [each.puzzle for each in outcomes if each.solved()],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[model_options()]
    )
    parser.add_argument("--source", help="a subset, a folder of task files, or one such file")
    parser.add_argument("--puzzles", type=int, default=16, help="of --source")
    parser.add_argument("--plans", nargs="+", choices=PLANS, default=["none", "basic"])
    parser.add_argument("--budget", type=int, default=PRESET.adapting.budget)
    args = parser.parse_args()
    try:
        asked = puzzles(args.source, args.puzzles)
        adapting = replace(PRESET.adapting, budget=args.budget)
    except ValueError as error:
        sys.exit(f"fixed_plans: {error}")
    engine, form = open_with_tokenizer(args, len(asked))
    lines = []
    for name in args.plans:
        print(f"{name}: {len(asked)} puzzles", file=sys.stderr)
        pairs = [(puzzle, PLANS[name]) for puzzle in asked]
        seconds, outcomes = timed(
            engine.backbone.device,
            lambda pairs=pairs: run_pairs(engine, form, grid_form(form), pairs, adapting, PRESET.answering),
        )
        lines.append(line(name, outcomes, seconds))
    shown = [
        {
            "plan": each["plan"], "solved": "{right} of {n} ({low:.0%} to {high:.0%})".format(**each["solved"]),
            "first": each["solved_first"]["right"],
            "gain": "{value:+.2f} ({low:+.2f} to {high:+.2f})".format(**each["gain"]),
            "tokens": each["tokens"], "seconds": each["seconds"],
        }
        for each in lines
    ]  # fmt: skip
    columns = {"plan": "{}", "solved": "{}", "first": "{}", "gain": "{}", "tokens": "{:,.0f}", "seconds": "{:,.0f}"}
    print(f"{engine.identity}, {len(asked)} puzzles, {args.budget:,} tokens each")
    print(table(shown, columns))
    if args.json:
        about = {"hardware": hardware(engine.backbone), "model": engine.identity, "budget": args.budget}
        about |= {"puzzles": [puzzle.id for puzzle in asked]}
        args.json.write_text(json.dumps({**about, "rows": lines}, indent=2) + "\n")


if __name__ == "__main__":
    main()
