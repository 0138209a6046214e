"""What the inner loop's benchmark times: trials of ours and of the baseline script, and a quiz of 16 adapters."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from benchmarks.inner_loop_trials import Trial
from benchmarks.memory import megabytes, peak_memory
from benchmarks.timing import LONGEST, timed

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import GenerateRequest, TrainJob
from selfstudy.engine.engine import Engine

EPOCHS, NEW_TOKENS, DECODED_ADAPTERS = 10, 16, 16
# A process as small as this one reports its child's memory alone: a child begins with its parent's peak as its own.
LAUNCH = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


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
    with peak_memory(device) as peak:
        train_seconds, results = timed(device, lambda: engine.train(jobs))
        for number, result in enumerate(results):
            if result.failure is not None:
                raise RuntimeError(f"ours: adapter {number} failed in training ({result.failure}); nothing to time")
        requests = quiz_of([r.adapter for r in results], trials, end_ids(engine.backbone.model))
        quiz_seconds, replies = timed(device, lambda: engine.generate(requests))
    return Measured(
        len(jobs), len(requests), train_seconds, quiz_seconds,
        sum(r.tokens for r in results), sum(r.trained_tokens for r in results),
        sum(len(r.losses) for r in results), peak.megabytes,
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
