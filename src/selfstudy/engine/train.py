"""Train many adapters at once over one frozen base, each exactly as it would be trained alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch

from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.bank import Bank
from selfstudy.engine.contract import TrainJob, TrainResult
from selfstudy.engine.lanes import Lane, opened
from selfstudy.engine.lower import LowerStates
from selfstudy.engine.memory_limit import is_out_of_memory, less, release
from selfstudy.engine.optimizer import SlotStep, rate_at, update
from selfstudy.engine.packing import shared_prefix
from selfstudy.engine.pieces import Plan
from selfstudy.engine.projections import Projection, select
from selfstudy.engine.step import Slot, run_step, steps_of

Progress = Callable[[int, int], None]


def train(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    base: str,
    jobs: Sequence[TrainJob],
    *,
    lanes: int,
    slots: int,
    tokens_in_flight: int,
    progress: Progress | None = None,
) -> list[TrainResult]:
    """Results in the order of `jobs`. At most `slots` jobs run at once, the longest first; a free slot is refilled.

    Each step is divided among `lanes` processes. A pass holds at most about `tokens_in_flight` tokens, all lanes
    together; a step larger than that is accumulated over several passes. Where memory does not hold that, a warning
    says so, and the jobs at work begin again in half as many slots, then in passes half as long: results are those of a
    run that began so.

    Raises:
        ValueError: a job with no rows or nothing to train, a KL row without targets, a recipe or adapter that does not
            fit the model. The message names the job.
        MemoryError: one job alone, row by row, is more than memory holds.
    """
    chosen = [_check(number, job, projections, base) for number, job in enumerate(jobs)]
    jobs = [replace(job, rows=tuple(_trimmed(row) for row in job.rows)) for job in jobs]
    results: dict[int, TrainResult] = {}
    while len(results) < len(jobs):
        left = len(jobs) - len(results)
        slots = min(slots, left)
        try:
            _train(backbone, projections, lanes, base, jobs, chosen, results, slots, tokens_in_flight, progress)
            continue
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Only here, after the handler, is what the failed attempt held given back.
        slots, tokens_in_flight = less(slots, tokens_in_flight, max(len(r.ids) for job in jobs for r in job.rows))
        release(backbone.device)
    return [results[number] for number in range(len(jobs))]


def _train(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    lanes: int,
    base: str,
    jobs: Sequence[TrainJob],
    chosen: Sequence[set[str]],
    results: dict[int, TrainResult],
    count: int,
    tokens_in_flight: int,
    progress: Progress | None,
) -> None:
    """Train the jobs that have no result yet, and add theirs."""
    used = tuple(p for p in projections if any(p.path in names for names in chosen))
    rank = max(job.recipe.rank for job in jobs)
    master = torch.float64 if backbone.dtype == torch.float64 else torch.float32
    bank = Bank(count, rank, used, backbone.device, master, backbone.dtype, lanes)
    every_row = [row for job in jobs for row in job.rows]
    prefix = shared_prefix([r.ids for r in every_row], [r.trained[0] - 1 for r in every_row])
    lower = LowerStates(backbone, jobs, _first_layer(projections, chosen, jobs), prefix, lanes)
    queue = sorted(
        {*range(len(jobs))} - {*results}, key=lambda n: sum(len(r.ids) for r in jobs[n].rows) * jobs[n].recipe.epochs
    )
    total, finished = sum(map(steps_of, jobs)), sum(steps_of(jobs[number]) for number in results)
    with opened(lanes) as lane:
        bank.own(lane.number, lane.count)
        lower.compute(lane, tokens_in_flight)
        active: dict[int, Slot] = {}
        while queue or active:
            if queue and len(active) < count:
                lane.wait()  # another lane may still take an adapter out of the slot
                for slot in range(count):
                    if slot not in active and queue:
                        number = queue.pop()
                        job = jobs[number]
                        active[slot] = Slot(number, job, chosen[number], _order(job))
                        bank.fill(slot, job.recipe, chosen[number], job.seed, job.start)
                        bank.clear(slot, job.protected, fresh=True)
            lane.wait()  # until all values are written
            losses, plan = run_step(lane, backbone, projections, bank, active, prefix, lower, tokens_in_flight)
            healthy = {slot: state for slot, state in active.items() if state.failure is None}
            stepped = _update(lane, bank, plan, {n: state for n, state in healthy.items() if math.isfinite(losses[n])})
            for slot, state in active.items():
                if slot in healthy:
                    state.losses.append(losses[slot])
                    if slot not in stepped:
                        # The slot runs on empty to its end: leaving now would change its neighbours' matrix shapes,
                        # and with them the rounding of what they compute.
                        state.failure = f"loss or gradient not finite at step {state.step + 1}"
                        bank.blank(slot)
                state.step += 1
            lane.wait()  # until all values are written
            for slot, state in list(active.items()):
                finished += 1
                if state.done:
                    failed = state.failure is not None
                    adapter = None if failed else bank.take(slot, state.work.recipe, state.adapted, base)
                    results[state.job] = TrainResult(
                        adapter, tuple(state.losses), state.tokens, state.trained, state.failure
                    )
                    del active[slot]
            if progress is not None and lane.number == 0:
                progress(finished, total)


def _update(lane: Lane, bank: Bank, plan: Plan, states: Mapping[int, Slot]) -> set[int]:
    """Take the optimizer's step of each slot; those whose gradient is finite."""
    recipes = {slot: state.work.recipe for slot, state in states.items()}
    steps = [SlotStep(n, rate_at(recipes[n], state.step, state.total), recipes[n]) for n, state in states.items()]
    stepped = {*states} - update(lane, bank, plan, steps)
    for slot in stepped:
        state = states[slot]
        bank.clear(slot, state.work.protected)
        left = steps_of(state.work) - state.step - 1
        averaged = recipes[slot].steps_averaged(steps_of(state.work))
        if averaged > 1 and left < averaged:
            bank.remember(slot)
            if not left:
                bank.settle(slot, averaged)
    return stepped


def _check(number: int, job: TrainJob, projections: tuple[Projection, ...], base: str) -> set[str]:
    """The paths that the job adapts."""
    if not job.rows:
        raise ValueError(f"train: job {number} has no rows")
    for index, row in enumerate(job.rows):
        if not row.trained:
            raise ValueError(f"train: job {number}, row {index} has no trained token")
        if row.loss == "kl" and row.targets is None:
            raise ValueError(f"train: job {number}, row {index} has loss 'kl' but no teacher targets")
    try:
        adapted = {p.path for p in select(projections, job.recipe)}
    except ValueError as error:
        raise ValueError(f"train: job {number}: {error}") from error
    if job.start is not None:
        if job.start.rank != job.recipe.rank:
            raise ValueError(
                f"train: job {number} starts from an adapter of rank {job.start.rank}, its recipe has {job.recipe.rank}"
            )
        if extra := sorted(set(job.start.weights) - adapted):
            raise ValueError(f"train: job {number} starts from an adapter on {extra[0]}, which its recipe leaves out")
    for adapter in (*job.frozen, *([job.start] if job.start else [])):
        if adapter.base != base:
            raise ValueError(f"train: job {number} brings an adapter of base {adapter.base!r}, this base is {base!r}")
    return adapted


def _trimmed(row: TokenRow) -> TokenRow:
    """Without what comes after the last trained position: it costs time and teaches nothing."""
    end = row.trained[-1] + 1
    return row if end == len(row.ids) else TokenRow(row.ids[:end], row.weights[:end], row.loss, row.targets)


def _first_layer(projections: tuple[Projection, ...], chosen: Sequence[set[str]], jobs: Sequence[TrainJob]) -> int:
    touched = set().union(*chosen, *(a.weights for job in jobs for a in job.frozen))
    return min(p.layer for p in projections if p.path in touched)


def _order(job: TrainJob) -> list[list[int]]:
    """Row numbers of each step; shuffled by the job's own generator, so companions change nothing."""
    generator, order = random.Random(job.seed), []
    for _ in range(job.recipe.epochs):
        rows = list(range(len(job.rows)))
        if job.recipe.shuffle:
            generator.shuffle(rows)
        order += [rows[i : i + job.recipe.rows_per_step] for i in range(0, len(rows), job.recipe.rows_per_step)]
    return order
