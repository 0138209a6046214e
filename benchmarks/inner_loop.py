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
--random-shape takes random weights of a model's shape: speed does not depend on their values.

--json FILE holds hardware, model, dtype, notes (which rows, how scaled), flop_per_s_of_products (a value a round), rows
(cases reference, peft, ours), rows_beside (ours_same, ours_alone), ratios (medians over rounds), spread (of the same),
ratios_same and decode.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import (
    LONGEST,
    TARGETS,
    Spread,
    folder_of,
    forget_peak,
    hardware,
    load_model,
    matrix_rate,
    megabytes,
    model_options,
    open_engine,
    peak_mb,
    spread,
    table,
    timed,
    token_row,
    training_flop,
)

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import GenerateRequest, TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.models.chat import ChatForm

BASELINES = Path(__file__).resolve().parent.parent.parent / "shared" / "baselines"
CASES = ("ours", "peft", "reference", "decode")
EPOCHS, NEW_TOKENS, DECODED_ADAPTERS = 10, 16, 16
# Of the 32 shared adapters: lowest value, deciles, highest value. Lengths are in characters; an adapter's last row is
# its passage. With the default model's tokenizer a token is 4.5 of their characters.
ROWS_DECILES = (4, 5, 6, 6, 7, 8, 10, 10, 11, 11, 26)
NOTE_DECILES = (21, 71, 92, 104, 115, 127, 145, 160, 174, 203, 467)
PASSAGE_DECILES = (278, 447, 553, 594, 627, 656, 743, 883, 983, 1356, 2004)
QUESTIONS_DECILES = (1, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5)
QUESTION_DECILES = (103, 121, 131, 138, 143, 147, 151, 160, 166, 180, 225)
CHARACTERS_A_TOKEN = 4.5
WORDS = (
    "the of and in to was that which for with as by from had were their after before under during between several "
    "river council harbour empire station winter century village engineer government population treaty library music"
).split()
# A process as small as this one reports its child's memory alone: a child begins with its parent's peak as its own.
LAUNCH = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)
COLUMNS = {
    "case": "{}", "targets": "{}", "adapters": "{}", "seconds_per_trial": "{:.3f}", "min": "{:.3f}", "max": "{:.3f}",
    "train_seconds": "{:.3f}", "quiz_seconds": "{:.3f}", "train_tokens_per_s": "{:.0f}", "share_of_peak": "{:.1%}",
    "decoded_tokens_per_s": "{:.0f}", "steps": "{:.0f}", "padding_share": "{:.1%}", "peak_memory_mb": "{:.0f}",
}  # fmt: skip


class TrialText(NamedTuple):
    """A self-edit's rows and its quiz's questions, as text."""

    rows: tuple[str, ...]
    questions: tuple[str, ...]


class Trial(NamedTuple):
    rows: tuple[TokenRow, ...]
    prompts: tuple[tuple[int, ...], ...]


class Measured(NamedTuple):
    """One case in one round. Seconds, tokens and steps are sums over `adapters`; tokens are those of all epochs."""

    adapters: int
    questions: int
    train_seconds: float
    quiz_seconds: float
    tokens: int
    trained_tokens: int
    steps: int
    peak_memory_mb: float
    padding_share: float = 0.0
    decoded_tokens: int | None = None

    @property
    def seconds_per_trial(self) -> float:
        return (self.train_seconds + self.quiz_seconds) / self.adapters

    @property
    def train_tokens_per_s(self) -> float:
        return self.trained_tokens / self.train_seconds

    def seconds_for(self, other: Measured) -> float:
        """What of these seconds falls to the trials of `other`, by tokens with a loss and by questions."""
        trained = self.train_seconds * other.trained_tokens / self.trained_tokens
        return trained + self.quiz_seconds * other.questions / self.questions


class Decoded(NamedTuple):
    """A quiz of 16 adapters, ours and transformers': seconds, new tokens, and the share of equal answers."""

    ours_seconds: float
    generate_seconds: float
    ours_tokens: int
    generate_tokens: int
    same_answers: float


Found = Mapping[tuple[str, str], Sequence[Any]]
"""By case and targets what the rounds gave: `Measured`, and of the case `decode` `Decoded`."""


def read_trials(file: Path) -> list[TrialText]:
    """Raises ValueError for a file that is not a list of {"rows": [text, ...], "questions": [text, ...]}."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"rows: {file} cannot be read as JSON ({error}); name another file with --rows") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f'rows: {file} holds no list of adapters; write [{{"rows": [...], "questions": [...]}}, ...]')
    for number, entry in enumerate(entries):
        for key in ("rows", "questions"):
            texts = entry.get(key) if isinstance(entry, dict) else None
            if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t for t in texts):
                raise ValueError(f'rows: {file}: adapter {number} has no "{key}"; give a list of texts, none empty')
    return [TrialText(tuple(entry["rows"]), tuple(entry["questions"])) for entry in entries]


def generated_trials(count: int, seed: int) -> list[TrialText]:
    """Trials of meaningless text whose numbers and lengths are distributed as those of the shared rows."""
    chance = random.Random(seed)

    def draw(deciles: Sequence[int]) -> int:
        place = chance.random() * (len(deciles) - 1)
        low = int(place)
        return round(deciles[low] + (place - low) * (deciles[low + 1] - deciles[low]))

    def text(deciles: Sequence[int]) -> str:
        length = draw(deciles)
        return " ".join(chance.choices(WORDS, k=length))[:length]

    return [
        TrialText(
            (*(text(NOTE_DECILES) for _ in range(draw(ROWS_DECILES) - 1)), text(PASSAGE_DECILES)),
            tuple(text(QUESTION_DECILES) for _ in range(draw(QUESTIONS_DECILES))),
        )
        for _ in range(count)
    ]


def tokenised(text: TrialText, form: ChatForm | None, vocabulary: int) -> Trial:
    """Plain text, no template, as the baseline has it. Without a tokenizer: random ids, as many as it would give."""

    def ids(words: str) -> tuple[int, ...]:
        if form is not None:
            return tuple(i % vocabulary for i in form.plain(words))
        return tuple(random.Random(words).choices(range(vocabulary), k=max(2, round(len(words) / CHARACTERS_A_TOKEN))))

    return Trial(tuple(token_row(ids(row)) for row in text.rows), tuple(ids(question) for question in text.questions))


def end_ids(model: Any) -> tuple[int, ...]:
    """What ends a reply in transformers' `generate`, and no more, so that both sides stop alike."""
    ids = model.generation_config.eos_token_id
    return () if ids is None else (ids,) if isinstance(ids, int) else tuple(ids)


def jobs_of(trials: Sequence[Trial], targets: Sequence[str], max_steps: int | None = None) -> list[TrainJob]:
    """A job a trial, as the baseline trains it: rows in their order, over and over."""
    recipe = UpdateRecipe(targets=tuple(targets), epochs=EPOCHS, max_steps=max_steps, shuffle=False)
    return [TrainJob(trial.rows, recipe, seed) for seed, trial in enumerate(trials)]


def quiz_of(adapters: Sequence[Adapter], trials: Sequence[Trial], ends: tuple[int, ...]) -> list[GenerateRequest]:
    pairs = zip(adapters, trials, strict=True)
    return [GenerateRequest(ids, NEW_TOKENS, ends, (adapter,)) for adapter, trial in pairs for ids in trial.prompts]


def measure_ours(engine: Engine, trials: Sequence[Trial], targets: Sequence[str]) -> Measured:
    """Train an adapter on each trial's rows, all in one call, and answer all their questions in another."""
    device, jobs = engine.backbone.device, jobs_of(trials, targets)
    forget_peak(device)
    train_seconds, results = timed(device, lambda: engine.train(jobs))
    for number, result in enumerate(results):
        if result.failure is not None:
            raise RuntimeError(f"ours: adapter {number} failed in training ({result.failure}); nothing to time")
    requests = quiz_of([r.adapter for r in results], trials, end_ids(engine.backbone.model))
    quiz_seconds, replies = timed(device, lambda: engine.generate(requests))
    return Measured(
        len(jobs), len(requests), train_seconds, quiz_seconds,
        sum(r.tokens for r in results), sum(r.trained_tokens for r in results),
        sum(len(r.losses) for r in results), peak_mb(device),
        decoded_tokens=sum(len(g.ids) + g.stopped for g in replies),
    )  # fmt: skip


def measure_baseline(script: Path, arguments: Iterable[str], trials: Sequence[Trial], *, padded: bool) -> Measured:
    """The baseline script on the same trials; its own training time, which is scaled to all epochs."""
    command = [sys.executable, "-c", LAUNCH, sys.executable, str(script), "time", *arguments]
    done = subprocess.run([*command, *(["--padded"] if padded else [])], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"baseline: {script} ended with status {done.returncode} ({last}); run it by itself")
    *_, found, peak = done.stdout.splitlines()
    times, rows = json.loads(found), [row for trial in trials for row in trial.rows]
    tokens = sum(len(row.ids) for row in rows)
    return Measured(
        len(trials), sum(len(trial.prompts) for trial in trials),
        sum(times["train_seconds"]), sum(times["quiz_seconds"]), EPOCHS * tokens,
        EPOCHS * sum(len(row.trained) for row in rows), EPOCHS * len(rows), megabytes(int(peak)),
        padding_share=1 - tokens / (LONGEST * len(rows)) if padded else 0.0,
    )  # fmt: skip


def generate_in_turn(
    model: Any, folders: Sequence[Path], trials: Sequence[Trial], device: torch.device
) -> tuple[float, list[tuple[int, ...]]]:
    """Seconds and new ids (an end id too) of `generate`, one PEFT adapter after another; loading them is not timed."""
    from peft import PeftModel

    ends, seconds, answers = end_ids(model), 0.0, []
    pad = ends[0] if ends else 0
    for folder, trial in zip(folders, trials, strict=True):
        adapted = PeftModel.from_pretrained(model, str(folder)).eval()
        longest = max(map(len, trial.prompts))
        ids_RL = torch.tensor([[pad] * (longest - len(p)) + list(p) for p in trial.prompts], device=device)
        mask_RL = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in trial.prompts], device=device)
        asked = {"max_new_tokens": NEW_TOKENS, "do_sample": False, "pad_token_id": pad}
        work = partial(adapted.generate, input_ids=ids_RL, attention_mask=mask_RL, **asked)
        took, out_RL = timed(device, work)
        seconds += took
        for new in out_RL[:, longest:].tolist():
            end = next((i for i, token in enumerate(new) if token in ends), len(new))
            answers.append(tuple(new[: end + 1]))
        model = adapted.unload()
    return seconds, answers


def measure_decoding(
    engine: Engine, model: Any, adapters: Sequence[Adapter], folders: Sequence[Path], trials: Sequence[Trial]
) -> Decoded:
    """The adapters' quizzes in one call, and adapter by adapter; `folders` hold the same adapters for PEFT."""
    folders, trials = folders[: len(adapters)], trials[: len(adapters)]
    device, requests = engine.backbone.device, quiz_of(adapters, trials, end_ids(model))
    ours_seconds, replies = timed(device, lambda: engine.generate(requests))
    seconds, answers = generate_in_turn(model, folders, trials, device)
    lengths = [len(g.ids) + g.stopped for g in replies]
    triples = zip(replies, lengths, answers, strict=True)
    same = [len(answer) == length and answer[: len(g.ids)] == g.ids for g, length, answer in triples]
    return Decoded(ours_seconds, seconds, sum(lengths), sum(map(len, answers)), statistics.mean(same))


def row_of(case: str, targets: str, found: Sequence[Measured], rates: Sequence[float], flop: int) -> dict[str, Any]:
    """A case over its rounds: `min` and `max` are of seconds_per_trial, `rates` the products' of the same rounds."""
    one, trials = found[0], [m.seconds_per_trial for m in found]
    decoded = [m.decoded_tokens / m.quiz_seconds for m in found if m.decoded_tokens]
    return {
        "case": case, "targets": targets, "adapters": one.adapters,
        "seconds_per_trial": statistics.median(trials), "min": min(trials), "max": max(trials),
        "train_seconds": statistics.median(m.train_seconds / m.adapters for m in found),
        "quiz_seconds": statistics.median(m.quiz_seconds / m.adapters for m in found),
        "train_tokens_per_s": statistics.median(m.train_tokens_per_s for m in found),
        "share_of_peak": statistics.median(flop / m.train_seconds / rate for m, rate in zip(found, rates, strict=True)),
        "decoded_tokens_per_s": statistics.median(decoded) if decoded else None,
        "steps": one.steps / one.adapters, "padding_share": one.padding_share,
        "peak_memory_mb": max(m.peak_memory_mb for m in found),
    }  # fmt: skip


def ratios_of(found: Found, ours: str = "ours") -> dict[str, dict[str, Spread | None]]:
    """How many times as quick the case `ours` is on the baseline's adapters, by targets; and a quiz of 16 adapters."""

    def trials(case: str, targets: str) -> Spread | None:
        pairs = zip(found.get((case, targets), ()), found.get((ours, targets), ()), strict=False)
        return spread([(t.train_seconds + t.quiz_seconds) / o.seconds_for(t) for t, o in pairs])

    def quizzes(targets: str) -> Spread | None:
        return spread([d.generate_seconds / d.ours_seconds for d in found.get(("decode", targets), ())])

    ratios = {f"ours_vs_{case}": {t: trials(case, t) for t in TARGETS} for case in ("reference", "peft")}
    return {**ratios, "decode_vs_generate": {t: quizzes(t) for t in TARGETS}}


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


def report(engine: Engine, rates: Sequence[float], found: Found, same: str) -> dict[str, Any]:
    """What goes into the JSON file of the measurements; `same` is the case of ours on the baseline's adapters alone."""
    rows, head = [], engine.backbone.head.weight.numel()
    for (case, targets), measured in found.items():
        if case != "decode":
            tokens, trained = measured[0].tokens, measured[0].trained_tokens
            flop = training_flop(engine.projections, head, TARGETS[targets], 32, tokens, trained)
            rows.append(row_of(case, targets, measured, rates, flop))
    trial, alone = ratios_of(found), ratios_of(found, same)
    del alone["decode_vs_generate"]
    return {
        "flop_per_s_of_products": list(rates),
        "rows": [row for row in rows if row["case"] in CASES],
        "rows_beside": [row for row in rows if row["case"] not in CASES],
        "ratios": {name: {t: s and s.median for t, s in of.items()} for name, of in trial.items()},
        "spread": {name: {t: s and s._asdict() for t, s in of.items()} for name, of in trial.items()},
        "ratios_same": {name: {t: s and s._asdict() for t, s in of.items()} for name, of in alone.items()},
        "decode": {t: [d._asdict() for d in measured] for (case, t), measured in found.items() if case == "decode"},
    }


def show(document: Mapping[str, Any]) -> str:
    """A report as text."""
    rates = ", ".join(f"{rate / 1e9:.0f}" for rate in document["flop_per_s_of_products"])
    lines = [f"bare products: {rates} GFLOP/s", table([*document["rows"], *document["rows_beside"]], COLUMNS)]
    for name, of in (
        *document["spread"].items(),
        *((f"{name}, these adapters alone at work", of) for name, of in document["ratios_same"].items()),
    ):
        shown = [f"{t} {s['median']:.2f} [{s['min']:.2f}..{s['max']:.2f}]" for t, s in of.items() if s]
        lines.append(f"{name}: {', '.join(shown) or 'not measured'}")
    for targets, decoded in document["decode"].items():
        equal = statistics.mean(d["same_answers"] for d in decoded)
        lines.append(f"decode, {targets}: {equal:.1%} of the answers are generate's")
    return "\n".join(lines)


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
    print("\n".join([json.dumps(hardware(device)), f"{engine.identity}, {dtype}", *notes]), flush=True)

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
        machine = {"hardware": hardware(device), "model": engine.identity, "dtype": str(dtype).removeprefix("torch.")}
        args.json.write_text(json.dumps({**machine, "notes": notes, **document}, indent=2) + "\n")


if __name__ == "__main__":
    main()
