#!/usr/bin/env python3
"""How long one trial takes, training plus quiz: ours, a careful user's PEFT and SEAL's own procedure, in one run.

    python benchmarks/inner_loop.py [--model M] [--dtype auto|fp32|bf16] [--targets qv all] [--cases ...] [--rounds N]
        [--adapters N] [--baseline-adapters B] [--steps S] [--reference-steps S] [--rows FILE] [--json FILE]

Cases alternate within a round. `reference` and `peft` are the baseline script with and without --padded, each in a
process of its own, on the processor; it scales its training time from --reference-steps and --steps. `ours` trains and
quizzes the first N adapters of the rows file in one call each; ours_same does so with the baseline's B adapters alone,
and ours_alone with the first (latency). Ratios, one a round, are of seconds a trial on those B adapters; of `ours` what
falls to them with all N at work counts: training by tokens with a loss, the quiz by questions. ratios_same are those of
ours_same. `decode` is a quiz of 16 adapters in one call, against `generate` with PEFT, adapter by adapter.

A trial is 10 epochs of its rows and a quiz of 16 new tokens a question, and its seconds are a mean over adapters and a
median over rounds. train_tokens_per_s counts the rows' own tokens with a loss: all but the first of a row, never pads.
share_of_peak is the arithmetic of the rows' own tokens a second of training, over the rate of bare products at the
model's shapes, measured in the same round: a token takes 4 FLOP a parameter of the body and 6 a parameter of the
adapter, and 4 a parameter of the head where it has a loss; attention's products and pads are left out. padding_share is
that of the linear layers: 0 in ours, which are packed (attention and low-rank products pad, and are not counted).
peak_memory_mb is the most that training and quiz took, in 10⁶ bytes and with the base's weights: of ours on a GPU what
was allocated there, on a processor all lanes together, looked at by another process once a second, or so seldom that
it takes 0.5 % of the time; of the baseline its one process. benchmarks/memory.py says what is counted and missed.
--random-shape takes random weights of a model's shape: speed does not depend on their values.

--json FILE holds hardware, model, dtype, notes (which rows, how scaled), flop_per_s_of_products (a value a round), rows
(cases reference, peft, ours), rows_beside (ours_same, ours_alone), ratios (medians over rounds), spread (of the same),
ratios_same and decode.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.inner_loop_cases import (
    DECODED_ADAPTERS,
    Decoded,
    Measured,
    jobs_of,
    measure_baseline,
    measure_decoding,
    measure_ours,
)
from benchmarks.inner_loop_report import CASES, report, show
from benchmarks.inner_loop_trials import generated_trials, read_trials, tokenised
from benchmarks.timing import TARGETS, folder_of, hardware, load_model, matrix_rate, model_options, open_engine

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.engine import Engine

BASELINES = Path(__file__).resolve().parent.parent.parent / "shared" / "baselines"


def runnable(cases: Sequence[str], script: Path, device: str, *, weights: bool) -> list[str]:
    """The cases that can be run here; why another cannot is said on standard error."""
    hindrances = [
        (not weights, CASES[1:], "--random-shape has no model that they could load"),
        (find_spec("peft") is None, CASES[1:], "the package peft is not installed"),
        (not script.exists(), CASES[1:3], f"{script} is not here (--baselines)"),
        (not device.startswith("cpu"), CASES[1:3], "the baseline script runs on the processor only (--device cpu)"),
    ]
    whys = {case: why for holds, hindered, why in reversed(hindrances) if holds for case in hindered}
    for case in cases:
        if case in whys:
            print(f"{case} left out: {whys[case]}", file=sys.stderr)
    return [case for case in cases if case not in whys]


def alternate(
    engine: Engine, takes: Mapping[tuple[str, str], Callable[[], Any]], rounds: int
) -> tuple[list[float], dict[tuple[str, str], list[Any]]]:
    """The rate of bare products and every case's measurement, a value a round."""
    rates: list[float] = []
    found: dict[tuple[str, str], list[Any]] = {key: [] for key in takes}
    for number in range(rounds):
        rates.append(matrix_rate(engine))
        for (case, targets), take in takes.items():
            print(f"round {number + 1} of {rounds}: {case}, {targets}", file=sys.stderr)
            found[case, targets].append(take())
    return rates, found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[model_options()]
    )
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--adapters", type=int, default=16, help="that ours trains and quizzes at once")
    parser.add_argument("--baseline-adapters", type=int, default=2, help="on which trials are compared")
    parser.add_argument("--steps", type=int, default=20, help="that peft takes; its time is scaled to all epochs")
    parser.add_argument("--reference-steps", type=int, default=3, help="the same of reference, which is slower by far")
    parser.add_argument("--rows", type=Path, help="without it the baselines' rows_32.json, or generated rows")
    parser.add_argument("--baselines", type=Path, default=BASELINES, help="folder of peft_inner_loop.py")
    args = parser.parse_args()

    script, file = args.baselines / "peft_inner_loop.py", args.rows or args.baselines / "rows_32.json"
    cases = runnable(args.cases, script, args.device, weights=args.random_shape is None)
    here = args.rows is not None or file.exists()
    try:
        texts = read_trials(file) if here else generated_trials(32, seed=0)
    except ValueError as error:
        sys.exit(f"inner_loop: {error}")
    engine, form = open_engine(args, args.adapters)
    base, device, dtype = engine.backbone, engine.backbone.device, engine.backbone.dtype
    num_same = min(args.baseline_adapters, len(texts))
    compared = "peft" in cases or "reference" in cases
    # By number of adapters; of equal numbers the last name stands, and nothing is measured twice.
    names = {1: "ours_alone", **({num_same: "ours_same"} if compared else {}), args.adapters: "ours"}
    trials = [tokenised(text, form, base.model.config.vocab_size) for text in texts]
    trials = [trials[n % len(trials)] for n in range(max(DECODED_ADAPTERS, *names))]
    notes = [
        f"rows: {len(texts)} adapters, {file.name if here else 'generated (seed 0), as long as the shared ones'}, in "
        + ("the model's tokens" if form else "random tokens, no tokenizer is at hand"),
        f"ours: the first {args.adapters}, with other seeds where the file has fewer",
    ]
    if "decode" in cases:
        notes.append(f"decode: the first {DECODED_ADAPTERS}, trained for two steps")
    if compared:
        notes += [
            f"{names[num_same]}, peft, reference: the first {num_same}; on these the trials are compared",
            f"training time is scaled from {args.steps} steps (peft), {args.reference_steps} (reference)",
        ]
    print("\n".join([json.dumps(hardware(base)), f"{engine.identity}, {dtype}", *notes]), flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        folder = folder_of(args.model) if args.random_shape is None else place
        (place / "rows.json").write_text(json.dumps([text._asdict() for text in texts]))

        def baseline(case: str, targets: str) -> Measured:
            steps = args.reference_steps if case == "reference" else args.steps
            asked = ["--model", folder, "--rows", place / "rows.json", "--adapters", num_same, "--targets", targets]
            asked += ["--steps", steps, "--dtype", "bf16" if dtype == torch.bfloat16 else "fp32"]
            return measure_baseline(script, map(str, asked), trials[:num_same], padded=case == "reference")

        def decode(saved: Sequence[Path]) -> Decoded:
            # Loaded each time, so that the memory of the other cases is their own; and once not counted: first touch.
            model = load_model(folder, device, dtype)
            adapters = [Adapter.read(f, base=engine.identity, projections=engine.projections) for f in saved]
            few = adapters if device.type == "cuda" else adapters[:1]
            measure_decoding(engine, model, few, saved, trials)
            return measure_decoding(engine, model, adapters, saved, trials)

        takes: dict[tuple[str, str], Callable[[], Any]] = {}
        for t in args.targets:
            # Two steps train what decoding takes, and make the kernels ready; a GPU's are made for each shape met.
            num_warm = DECODED_ADAPTERS if "decode" in cases else 1
            warm = engine.train(jobs_of(trials[:num_warm], TARGETS[t], max_steps=2))
            for case in cases:
                if case == "ours":
                    for count, name in names.items():
                        takes[name, t] = partial(measure_ours, engine, trials[:count], TARGETS[t])
                        if device.type == "cuda":
                            takes[name, t]()
                elif case == "decode":
                    saved = [place / t / str(n) for n in range(DECODED_ADAPTERS)]
                    for result, into in zip(warm, saved, strict=True):
                        result.adapter.save(into, half=dtype == torch.bfloat16)
                    takes[case, t] = partial(decode, saved)
                else:
                    takes[case, t] = partial(baseline, case, t)
            del warm
        rates, found = alternate(engine, takes, args.rounds)

    document = report(engine, rates, found, names.get(num_same, "ours"))
    print(show(document))
    if args.json:
        machine = {"hardware": hardware(base), "model": engine.identity, "dtype": str(dtype).removeprefix("torch.")}
        args.json.write_text(json.dumps({**machine, "notes": notes, **document}, indent=2) + "\n")


if __name__ == "__main__":
    main()
