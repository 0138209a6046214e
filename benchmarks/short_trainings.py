#!/usr/bin/env python3
"""Which short training orders the self-edits of a passage as a full one does?

    python benchmarks/short_trainings.py [--data DIR] [--preset FILE] [--first N] [--passages N]
        [--design NAME=VALUE[,NAME=VALUE ...] ...] [--seeds N] [--json FILE]
    python benchmarks/short_trainings.py --pool FILE [FILE ...]

A race (`outer_loop/race.py`) spends a third of what full trainings of all candidates cost. Here all candidates of a
`reproduce reward` preset (by default `small`) are trained in full under --seeds seeds, and then by each --design, all
of them on fewer tokens. A design overrides the recipe: `tokens`, `rows` (a step), `rate` (learning rate), `averaged`
(share of the steps). Of one design this tells

    agreement   correlation of its gains with the full ones of another seed within passages (means taken out; 1 is
                what a full training under fresh seeds would reach but for its own chance, which `full` shows)
    kept        of the gain of the choice by a full training under the first seed, over a random one: what is kept by
                the race with this design as its short training (those mention the answers most who train, gains count
                with what is mentioned), measured under the other seeds, 95 % over passages
    cost        of that race over full trainings of all

A trial that fails teaches nothing and counts as a gain of 0. Passages are those of --data's train.json from --first on:
choose there, and report on others. Without --data the project's own sets stand in. With --pool nothing is trained: the
figures of several runs' --json, on other passages each, are told together.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from statistics import StatisticsError, correlation, fmean
from typing import Any

from selfstudy.api.reproduce import bench_of, plan
from selfstudy.build import build
from selfstudy.domain.journal import Unrecorded
from selfstudy.domain.measured import Measured
from selfstudy.domain.update import Update
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.contract import Arm, Candidate
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.exam import exam
from selfstudy.outer_loop.race import race
from selfstudy.outer_loop.rewards import REWARDS
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.regret import Choice, regret
from selfstudy.tasks.squad.preset import Preset

REWARD = REWARDS["key_likelihood"]


@dataclass(frozen=True)
class Design:
    """A short training: `tokens` of all, `rows` a step, learning `rate`, and the share of steps that is `averaged`."""

    tokens: int = 860
    rows: int | None = None
    rate: float | None = None
    averaged: float | None = None

    def of(self, update: Update) -> Update:
        told: dict[str, Any] = {"rows_per_step": self.rows, "learning_rate": self.rate, "averaged": self.averaged}
        return replace(update, recipe=replace(update.recipe, **{n: v for n, v in told.items() if v is not None}))


def design_of(text: str) -> Design:
    """From `tokens=860,rows=2`. Raises ArgumentTypeError for anything else."""
    kinds: dict[str, Any] = {"tokens": int, "rows": int, "rate": float, "averaged": float}
    try:
        pairs = [part.split("=") for part in text.split(",")]
        return Design(**{name: kinds[name](value) for name, value in pairs})
    except (KeyError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of {', '.join(kinds)} with = and a number") from error


def centred(values: Sequence[float], passages: Sequence[str]) -> list[float]:
    """Less the mean of their passage."""
    of: dict[str, list[float]] = {}
    for value, passage in zip(values, passages, strict=True):
        of.setdefault(passage, []).append(value)
    return [value - fmean(of[passage]) for value, passage in zip(values, passages, strict=True)]


def agreement(one: Sequence[float], other: Sequence[float], passages: Sequence[str]) -> float:
    """Correlation within passages; 0 where one of them is constant."""
    try:
        return correlation(centred(one, passages), centred(other, passages))
    except StatisticsError:
        return 0.0


def shown(estimate: Estimate) -> str:
    value, *ends = ("-" if each is None else f"{each:.2f}" for each in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({' to '.join(ends)})"


def raced(
    bench: EngineBench, candidates: Sequence[Candidate], short: Sequence[Measured], full: Sequence[Sequence[float]],
    full_tokens: Sequence[int], rungs: Sequence[int],
) -> list[Choice]:  # fmt: skip
    """For each passage the race's choice with these short trainings, held against the other seeds' full ones."""
    at = {(c.edit.passage, c.sample): n for n, c in enumerate(candidates)}
    spent = dict.fromkeys((c.edit.passage for c in candidates), 0.0)

    def measure(of: Sequence[Candidate], tokens: int, rung: int) -> list[Measured]:
        found = [short[at[c.edit.passage, c.sample]] for c in of]
        for candidate, measured in zip(of, found, strict=True):
            spent[candidate.edit.passage] += measured.tokens
        return found

    *_, last = race(candidates, bench.exams, REWARD, rungs, measure)
    choices = []
    for passage in spent:
        places = [n for n, c in enumerate(candidates) if c.edit.passage == passage]
        fresh = tuple(fmean(by_seed[n] for by_seed in full[1:]) for n in places)
        (taken,) = [places.index(n) for n in places if n in last.stay]
        first = [full[0][n] for n in places]
        cost = float(sum(full_tokens[n] for n in places))
        choices.append(Choice(fresh, taken, spent[passage], cost, first.index(max(first))))
    return choices


@dataclass(frozen=True)
class Run:
    """Passages of all candidates, their gains by full trainings under each seed, by each design's short ones, and whom
    the race with that design chose of each passage."""

    passages: Sequence[str]
    full: Sequence[Sequence[float]]
    values: dict[Design, Sequence[float]]
    choices: dict[Design, Sequence[Choice]]

    def json(self) -> dict[str, object]:
        designs = [
            {"design": asdict(each), "values": values, "choices": [asdict(choice) for choice in self.choices[each]]}
            for each, values in self.values.items()
        ]
        return {"passages": self.passages, "full": self.full, "designs": designs}

    @staticmethod
    def of(told: Mapping[str, Any]) -> Run:
        designs = {Design(**each["design"]): each for each in told["designs"]}
        return Run(
            told["passages"], told["full"], {design: each["values"] for design, each in designs.items()},
            {design: [Choice(**choice) for choice in each["choices"]] for design, each in designs.items()},
        )  # fmt: skip

    def __add__(self, other: Run) -> Run:
        """Both together, in the designs that both have."""
        if common := set(self.passages) & set(other.passages):
            raise ValueError(f"{len(common)} passages are in both runs")
        shared = [design for design in self.values if design in other.values]
        if not shared:
            raise ValueError("no design is in both runs")
        return Run(
            [*self.passages, *other.passages],
            [[*one, *two] for one, two in zip(self.full, other.full, strict=True)],
            {design: [*self.values[design], *other.values[design]] for design in shared},
            {design: [*self.choices[design], *other.choices[design]] for design in shared},
        )

    def line(self, design: Design) -> str:
        fresh = [fmean(of_seeds) for of_seeds in zip(*self.full[1:], strict=True)]
        of_short, of_full = (agreement(each, fresh, self.passages) for each in (self.values[design], self.full[0]))
        kept = regret({str(n): choice for n, choice in enumerate(self.choices[design])})
        assert kept.kept_of_full is not None
        return (
            f"{design}: agreement {of_short:.2f} (a full one {of_full:.2f}), kept {shown(kept.kept_of_full)}, "
            f"cost {shown(kept.cost_ratio)}, {kept.num_passages} passages"
        )


def trainings(
    bench: EngineBench, preset: Preset, candidates: Sequence[Candidate], seeds: int, designs: Sequence[Design]
) -> Iterator[tuple[Design | None, list[Measured]]]:
    """Full trainings under each seed (None), then the designs'."""
    arm = Arm(preset.reward.form)
    entries = [(candidate.edit, arm) for candidate in candidates]
    full = replace(bench, train_tokens=preset.reward.train_tokens)
    told: list[tuple[Design | None, EngineBench, int, str]] = [
        *((None, full, seed, "reward study") for seed in range(seeds)),
        *(
            (each, replace(bench, updates={n: each.of(u) for n, u in bench.updates.items()}, train_tokens=each.tokens),
             0, "reward race")
            for each in designs
        ),
    ]  # fmt: skip
    for design, own, repeat, stage in told:
        cohorts = own.cohorts(EditorState(), entries, REWARD.needs, repeat, stage)
        yield design, [measured for cohort in cohorts for _, measured in cohort]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder with train.json, as `selfstudy reproduce` takes it")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--first", type=int, default=0, help="passages of train.json before the first one taken")
    parser.add_argument("--passages", type=int, default=30)
    parser.add_argument("--design", type=design_of, nargs="+", default=[Design()])
    parser.add_argument("--seeds", type=int, default=2, help="of full trainings; two at least")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pool", type=Path, nargs="+", metavar="FILE", help="what --json wrote")
    args = parser.parse_args()
    if args.pool:
        try:
            pooled = reduce(add, [Run.of(json.loads(file.read_text(encoding="utf-8"))) for file in args.pool])
        except (OSError, KeyError, TypeError, ValueError) as error:
            parser.error(f"--pool: {error}")
        print("\n".join(map(pooled.line, pooled.values)))
        return
    if args.seeds < 2:
        parser.error("--seeds: a choice is measured under a seed that it has not seen; two at least")
    planned = plan("reward", args.preset, args.data, {})
    preset = planned.preset
    items = planned.data.train[args.first : args.first + args.passages]
    if len(items) < 2:
        parser.error(f"--first {args.first} leaves {len(items)} passages of {len(planned.data.train)}; two are needed")
    shop = build(preset.model)
    after = [*items[1:], items[0]]
    exams = {
        item.passage.identity: exam(item.passage, item.key, (), (other.passage, other.key), ())
        for item, other in zip(items, after, strict=True)
    }
    bench = bench_of(preset, shop, Unrecorded(), exams, lambda text: print(text, file=sys.stderr, flush=True))
    arm = Arm(preset.reward.form)
    passages = [item.passage for item in items]
    written = bench.write(EditorState(), passages, [arm] * len(passages), preset.reward.samples, "reward study")
    candidates = [candidate for siblings in written for candidate in siblings]
    of_passage = [candidate.edit.passage for candidate in candidates]
    full: list[list[float]] = []
    full_tokens: list[int] = []
    done = Run(of_passage, full, {}, {})
    for design, measured in trainings(bench, preset, candidates, args.seeds, args.design):
        values = [0.0 if (reward := REWARD(each)) is None else reward.value for each in measured]
        if design is None:
            full.append(values)
            full_tokens = full_tokens or [each.tokens for each in measured]
            continue
        chosen = raced(bench, candidates, measured, full, full_tokens, (0, design.tokens))
        done = replace(done, values=done.values | {design: values}, choices=done.choices | {design: chosen})
        print(done.line(design), flush=True)
        if args.json:
            args.json.write_text(json.dumps(done.json()), encoding="utf-8")


if __name__ == "__main__":
    main()
