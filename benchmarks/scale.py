#!/usr/bin/env python3
"""How training time and memory grow with adapters at once, rows a job and tokens a row (passages are long rows).

    python benchmarks/scale.py [--model M] [--targets qv|all] [--most N] [--adapters N] [--rows N] [--length N]
        [--longest N] [--repeats N] [--random-shape S] [--json FILE]

Three ladders, each doubling one number while the others stay at --adapters, --rows and --length: adapters at once up to
--most, rows a job up to 32, tokens a row up to --longest. A point trains each of its adapters (rank 32) for one epoch,
one row a step, on random tokens; every token of a row but its first has a loss. Seconds are medians over repeats, each
of which goes through all points. share_of_peak is as in benchmarks/inner_loop.py. The last line names the knee of the
first ladder: where one more doubling makes a trained token less than 10 % cheaper. A ladder ends where memory does.

peak_memory_mb, in 10⁶ bytes, counts the base's weights too. On a GPU it is what was allocated there; else process and
lanes together, looked at 20 times a second in a round before the repeats that is not timed, and in the repeats, which
nothing disturbs, the process alone. benchmarks/memory.py says what is counted and what is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.memory import peak_memory

from benchmarks import timing
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.engine.memory_limit import OutOfMemoryWarning, release

RANK, MOST_ROWS, LEAST_LENGTH = 32, 32, 16
LEAST_GAIN = 0.1
LOOK_EVERY = 0.05  # seconds
COLUMNS = {
    "ladder": "{}", "adapters": "{}", "rows": "{}", "length": "{}", "seconds": "{:.3f}", "min": "{:.3f}",
    "max": "{:.3f}", "microseconds_per_trained_token": "{:.1f}", "share_of_peak": "{:.1%}", "peak_memory_mb": "{:.0f}",
}  # fmt: skip


class Point(NamedTuple):
    """`rows` are those of a job, `length` the tokens of a row."""

    ladder: str
    adapters: int
    rows: int
    length: int

    @property
    def tokens(self) -> int:
        return self.adapters * self.rows * self.length

    @property
    def trained_tokens(self) -> int:
        return self.adapters * self.rows * (self.length - 1)


def doublings(first: int, last: int) -> list[int]:
    values = [first]
    while values[-1] * 2 <= last:
        values.append(values[-1] * 2)
    return values


def ladders(most: int, longest: int, *, adapters: int, rows: int, length: int) -> list[Point]:
    return [
        *(Point("adapters", n, rows, length) for n in doublings(1, most)),
        *(Point("rows", adapters, n, length) for n in doublings(1, MOST_ROWS)),
        *(Point("length", adapters, rows, n) for n in doublings(LEAST_LENGTH, longest)),
    ]


def jobs_of(point: Point, targets: Sequence[str], vocabulary: int) -> list[TrainJob]:
    """Jobs on random tokens: no two rows begin alike, so none shares a prefix with another."""
    recipe = UpdateRecipe(rank=RANK, targets=tuple(targets), epochs=1, shuffle=False)
    chance = random.Random(str(point))
    drawn = [chance.choices(range(vocabulary), k=point.length) for _ in range(point.adapters * point.rows)]
    rows = [timing.token_row(ids) for ids in drawn]
    return [TrainJob(tuple(rows[n :: point.adapters]), recipe, n) for n in range(point.adapters)]


def measure(engine: Engine, point: Point, targets: Sequence[str], every: float | None = None) -> tuple[float, float]:
    """Seconds of the training call, and its peak of memory in 10⁶ bytes; `every` is `peak_memory`'s."""
    device = engine.backbone.device
    jobs = jobs_of(point, targets, engine.backbone.model.config.vocab_size)
    with peak_memory(device, every, share=0.5) as peak, warnings.catch_warnings():
        warnings.simplefilter("error", OutOfMemoryWarning)  # fewer at once is another point
        seconds, results = timing.timed(device, partial(engine.train, jobs))
    for number, result in enumerate(results):
        if result.failure is not None:
            raise RuntimeError(f"scale: adapter {number} of {point} failed in training ({result.failure})")
    return seconds, peak.megabytes


def measure_all(
    engine: Engine, points: Sequence[Point], targets: Sequence[str], repeats: int
) -> dict[Point, list[tuple[float, float]]]:
    """What `measure` gives, a value a repeat; without the points that memory is too small for."""
    found: dict[Point, list[tuple[float, float]]] = {point: [] for point in points}
    with_lanes: dict[Point, float] = {}
    # One round that is not counted makes the kernels ready, a GPU's for each shape, and shows what a processor's lanes
    # take; a GPU's memory is that of the repeats.
    for number in range(-1, repeats):
        for point in points:
            if point not in found:
                continue
            print(f"repeat {number + 1} of {repeats}: {point}", file=sys.stderr)
            try:
                seconds, peak = measure(engine, point, targets, LOOK_EVERY if number < 0 else None)
            except OutOfMemoryWarning:
                place = points.index(point)
                found = {p: m for p, m in found.items() if p.ladder != point.ladder or points.index(p) < place}
                print(f"out of memory: the ladder of {point.ladder} ends before {point}", file=sys.stderr)
                release(engine.backbone.device)
                continue
            if number < 0:
                with_lanes[point] = 0.0 if engine.backbone.device.type == "cuda" else peak
            else:
                found[point].append((seconds, max(peak, with_lanes[point])))
    return found


def row_of(point: Point, measured: Sequence[tuple[float, float]], flop: int, rate: float) -> dict[str, Any]:
    seconds = [took for took, _ in measured]
    median = statistics.median(seconds)
    return {
        **point._asdict(), "seconds": median, "min": min(seconds), "max": max(seconds),
        "microseconds_per_trained_token": median / point.trained_tokens * 1e6, "share_of_peak": flop / median / rate,
        "peak_memory_mb": max(peak for _, peak in measured),
    }  # fmt: skip


def knee(values: Sequence[int], costs: Sequence[float]) -> tuple[int, float] | None:
    """The first of the doubling `values` after which the cost falls by less than 10 %, and by how much it falls."""
    for value, cost, after in zip(values, costs, costs[1:], strict=False):
        if 1 - after / cost < LEAST_GAIN:
            return value, 1 - after / cost
    return None


def last_line(rows: Sequence[dict[str, Any]]) -> str:
    """The knee of the adapters' ladder in words: how much was at work there, and how near to the hardware's rate."""
    rows = [row for row in rows if row["ladder"] == "adapters"]
    if not rows:
        return "one adapter is more than the memory holds: take fewer --tokens-in-flight or a smaller model"
    values = [row["adapters"] for row in rows]
    found = knee(values, [row["microseconds_per_trained_token"] for row in rows])
    if found is None:
        return f"time per trained token falls by 10 % or more a doubling up to {values[-1]} adapters at once"
    value, gain = found
    row = rows[values.index(value)]
    return (
        f"time per trained token stops falling at {value} adapters at once ({value * row['length']} tokens "
        f"a step, {row['share_of_peak']:.0%} of the rate of bare products): twice as many gain {gain:.0%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[timing.model_options()]
    )
    parser.add_argument("--targets", choices=timing.TARGETS, default="qv")
    parser.add_argument("--most", type=int, help="adapters at once; without it 256 on a GPU, 32 on a processor")
    parser.add_argument("--adapters", type=int, default=4, help="in the ladders of rows and of length")
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--length", type=int, default=48)
    parser.add_argument("--longest", type=int, default=512, help=f"tokens a row, at most {timing.LONGEST}")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    longest = timing.LONGEST
    if args.length < 2 or max(args.length, args.longest) > longest:
        parser.error(f"--length {args.length}, --longest {args.longest}: a row has from 2 to {longest} tokens")

    most = args.most or (256 if args.device.startswith("cuda") else 32)
    engine, _ = timing.open_engine(args, max(most, args.adapters))
    targets = timing.TARGETS[args.targets]
    machine, dtype = timing.hardware(engine.backbone), str(engine.backbone.dtype).removeprefix("torch.")
    print(f"{json.dumps(machine)}\n{engine.identity}, {dtype}, {args.targets}", flush=True)
    points = ladders(most, args.longest, adapters=args.adapters, rows=args.rows, length=args.length)
    rates = [timing.matrix_rate(engine)]
    found = measure_all(engine, points, targets, args.repeats)
    rates.append(timing.matrix_rate(engine))
    head, rate = engine.backbone.head.weight.numel(), statistics.mean(rates)
    flop = partial(timing.training_flop, engine.projections, head, targets, RANK)
    rows = [row_of(p, m, flop(p.tokens, p.trained_tokens), rate) for p, m in found.items()]
    print(f"bare products: {rate / 1e9:.0f} GFLOP/s", timing.table(rows, COLUMNS), last_line(rows), sep="\n")
    if args.json:
        document = {
            "hardware": machine, "model": engine.identity, "dtype": dtype, "targets": args.targets,
            "flop_per_s_of_products": rates, "rows": rows, "knee": last_line(rows),
        }  # fmt: skip
        args.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
