"""Train many adapters at once over one frozen base, each exactly as it would be trained alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import torch
from torch import Tensor

from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.bank import Bank
from selfstudy.engine.contract import TrainJob, TrainResult
from selfstudy.engine.lora import applied
from selfstudy.engine.loss import Targets, weighted_losses
from selfstudy.engine.lower import LowerStates
from selfstudy.engine.optimizer import SlotStep, rate_at, update
from selfstudy.engine.packing import PackedRow, pack, shared_prefix
from selfstudy.engine.projections import Projection, select
from selfstudy.engine.stack import stack_adapters

Progress = Callable[[int, int], None]


@dataclass
class _Slot:
    """A job at work in a slot."""

    job: int
    work: TrainJob
    adapted: set[str]
    order: list[list[int]]
    step: int = 0
    losses: list[float] = field(default_factory=list)
    tokens: int = 0
    trained: int = 0
    failure: str | None = None

    @property
    def total(self) -> int:
        """Steps of the whole schedule, whether or not `max_steps` cuts it short."""
        return len(self.order)

    @property
    def tokens_of_step(self) -> int:
        return sum(len(self.work.rows[i].ids) for i in self.order[self.step])

    @property
    def done(self) -> bool:
        return self.step >= min(self.total, self.work.recipe.max_steps or self.total)


@dataclass(frozen=True)
class _Piece:
    """One row of one slot in a step; `share` is 1 / the summed weights of the slot's step."""

    slot: int
    job: int
    row: int
    tokens: TokenRow
    share: float


def train(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    base: str,
    jobs: Sequence[TrainJob],
    *,
    slots: int,
    tokens_in_flight: int,
    progress: Progress | None = None,
) -> list[TrainResult]:
    """Results in the order of `jobs`. At most `slots` jobs run at once, the longest first; a free slot is refilled.

    A pass holds at most about `tokens_in_flight` tokens; a step larger than that is accumulated over several passes.

    Raises:
        ValueError: a job with no rows or nothing to train, a KL row without targets, a recipe or adapter that does not
            fit the model. The message names the job.
    """
    chosen = [_check(number, job, projections, base) for number, job in enumerate(jobs)]
    jobs = [replace(job, rows=tuple(_trimmed(row) for row in job.rows)) for job in jobs]
    results: list[TrainResult | None] = [None] * len(jobs)
    if not jobs:
        return []
    used = tuple(p for p in projections if any(p.path in names for names in chosen))
    rank = max(job.recipe.rank for job in jobs)
    master = torch.float64 if backbone.dtype == torch.float64 else torch.float32
    count = min(slots, len(jobs))
    bank = Bank(count, rank, used, backbone.device, master, backbone.dtype)
    every_row = [row for job in jobs for row in job.rows]
    prefix = shared_prefix([r.ids for r in every_row], [r.trained[0] - 1 for r in every_row])
    lower = LowerStates(backbone, projections, jobs, _first_layer(projections, chosen, jobs), prefix, tokens_in_flight)
    queue = sorted(range(len(jobs)), key=lambda n: sum(len(r.ids) for r in jobs[n].rows) * jobs[n].recipe.epochs)
    active: dict[int, _Slot] = {}
    total, finished = sum(_steps(job) for job in jobs), 0
    while queue or active:
        for slot in range(count):
            if slot not in active and queue:
                number = queue.pop()
                job = jobs[number]
                active[slot] = _Slot(number, job, chosen[number], _order(job))
                bank.fill(slot, job.recipe, chosen[number], job.seed, job.start)
                bank.clear(slot, job.protected, fresh=True)
        losses = _run_step(backbone, projections, bank, active, prefix, lower, tokens_in_flight)
        healthy = {slot: state for slot, state in active.items() if state.failure is None}
        finite = [slot for slot in healthy if math.isfinite(losses[slot])]
        steps = [
            SlotStep(n, rate_at(healthy[n].work.recipe, healthy[n].step, healthy[n].total), healthy[n].work.recipe)
            for n in finite
        ]
        stepped = {*finite} - update(bank, steps)
        for slot, state in active.items():
            if slot in healthy:
                state.losses.append(losses[slot])
                if slot in stepped:
                    bank.clear(slot, state.work.protected)
                else:
                    # The slot runs on empty to its end: leaving now would change its neighbours' matrix shapes, and
                    # with them the rounding of what they compute.
                    state.failure = f"loss or gradient not finite at step {state.step + 1}"
                    bank.blank(slot)
            state.step += 1
        for slot, state in list(active.items()):
            finished += 1
            if state.done:
                failed = state.failure is not None
                adapter = None if failed else bank.take(slot, state.work.recipe, state.adapted, base)
                results[state.job] = TrainResult(
                    adapter, tuple(state.losses), state.tokens, state.trained, state.failure
                )
                del active[slot]
        if progress is not None:
            progress(finished, total)
    return [r for r in results if r is not None]


def _run_step(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    bank: Bank,
    active: dict[int, _Slot],
    prefix: tuple[int, ...],
    lower: LowerStates,
    tokens_in_flight: int,
) -> dict[int, float]:
    """Forward and backward of one step of every active slot; each slot's mean loss."""
    pieces: list[_Piece] = []
    # Slots with about equally many tokens stand side by side, so that few bands hold them.
    by_size = sorted(active, key=lambda slot: (-active[slot].tokens_of_step, slot))
    for slot in by_size:
        state = active[slot]
        rows = [(i, state.work.rows[i]) for i in state.order[state.step]]
        weight = sum(sum(row.weights) for _, row in rows)
        pieces.extend(_Piece(slot, state.job, i, row, 1 / weight) for i, row in rows)
        state.tokens += sum(len(row.ids) for _, row in rows)
        state.trained += sum(len(row.trained) for _, row in rows)
    losses = dict.fromkeys(active, 0.0)
    passes = _passes(pieces, tokens_in_flight)
    for number, part in enumerate(passes):
        present = list(dict.fromkeys(p.slot for p in part))
        first = len({p.slot for earlier in passes[:number] for p in earlier} - {*present})
        rows_of = [[p for p in part if p.slot == slot] for slot in present]
        shares = [[p.tokens.ids[: len(prefix)] == prefix != () and _fits(p, prefix) for p in ps] for ps in rows_of]
        layout, placed = pack([[len(p.tokens.ids) for p in ps] for ps in rows_of], shares, len(prefix), backbone.device)
        entries = [(rows_of[place.slot][place.row] if place.row >= 0 else None, place) for place in placed]
        trained_stack = bank.stack(present, first)
        frozen = [active[slot].work.frozen for slot in present]
        frozen_stack = stack_adapters(frozen, projections, backbone.dtype, backbone.device)
        with applied(projections, (trained_stack, frozen_stack), layout.slots):
            hidden_TH = lower.enter(entries, layout)
        where, owner, targets = _targets(entries, backbone.device, hidden_TH.dtype)
        loss_S = weighted_losses(hidden_TH.index_select(0, where), backbone.head, targets)
        loss_S.sum().backward()
        bank.collect(present, first, {p.slot for later in passes[number + 1 :] for p in later})
        for slot_number, value in zip(owner, loss_S.detach().tolist(), strict=True):
            losses[slot_number] += value
    return losses


def _fits(piece: _Piece, prefix: tuple[int, ...]) -> bool:
    return piece.tokens.trained[0] - 1 >= len(prefix)


def _passes(pieces: list[_Piece], tokens_in_flight: int) -> list[list[_Piece]]:
    """Cut so that a slot's pieces lie in one pass, or where they are too many, in passes of their own."""
    passes: list[list[_Piece]] = [[]]
    size, alone = 0, False
    for _, group in groupby(pieces, key=lambda piece: piece.slot):
        own = list(group)
        tokens = sum(len(piece.tokens.ids) for piece in own)
        if passes[-1] and (alone or size + tokens > tokens_in_flight):
            passes.append([])
            size = 0
        alone = tokens > tokens_in_flight
        for piece in own:
            if alone and passes[-1] and size + len(piece.tokens.ids) > tokens_in_flight:
                passes.append([])
                size = 0
            passes[-1].append(piece)
            size += len(piece.tokens.ids)
    return passes


def _targets(
    entries: Sequence[tuple[_Piece | None, PackedRow]], device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, list[int], Targets]:
    """Packed places whose next token is trained, the slot each belongs to, and what they should predict."""
    where: list[int] = []
    owner: list[int] = []
    labels: list[int] = []
    weights: list[float] = []
    kl_rows: list[int] = []
    teacher: list[tuple[tuple[int, ...], tuple[float, ...]]] = []
    for piece, place in entries:
        if piece is None:
            continue
        start, skipped = place.start, place.skipped
        for number, position in enumerate(piece.tokens.trained):
            where.append(start + position - 1 - skipped)
            owner.append(piece.slot)
            labels.append(piece.tokens.ids[position])
            weights.append(piece.tokens.weights[position] * piece.share)
            if piece.tokens.loss == "kl":
                assert piece.tokens.targets is not None
                kl_rows.append(len(teacher))
                teacher.append((piece.tokens.targets[number].ids, piece.tokens.targets[number].logprobs))
            else:
                kl_rows.append(-1)
    width = max((len(ids) for ids, _ in teacher), default=0)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    targets = Targets(
        label_S=torch.tensor(labels, device=device),
        weight_S=torch.tensor(weights, device=device, dtype=wide),
        kl_row_S=torch.tensor(kl_rows, device=device),
        teacher_ids_Qk=torch.tensor(
            [ids + (0,) * (width - len(ids)) for ids, _ in teacher], device=device, dtype=torch.long
        ).view(len(teacher), width),
        teacher_logprobs_Qk=torch.tensor(
            [lp + (-math.inf,) * (width - len(lp)) for _, lp in teacher], device=device, dtype=wide
        ).view(len(teacher), width),
    )
    return torch.tensor(where, device=device), owner, targets


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


def _first_layer(projections: tuple[Projection, ...], chosen: list[set[str]], jobs: Sequence[TrainJob]) -> int:
    touched = set().union(*chosen, *(a.weights for job in jobs for a in job.frozen))
    return min(p.layer for p in projections if p.path in touched)


def _steps(job: TrainJob) -> int:
    full = job.recipe.epochs * math.ceil(len(job.rows) / job.recipe.rows_per_step)
    return min(full, job.recipe.max_steps or full)


def _order(job: TrainJob) -> list[list[int]]:
    """Row numbers of each step; shuffled by the job's own generator, so companions change nothing."""
    generator, order = random.Random(job.seed), []
    for _ in range(job.recipe.epochs):
        rows = list(range(len(job.rows)))
        if job.recipe.shuffle:
            generator.shuffle(rows)
        order += [rows[i : i + job.recipe.rows_per_step] for i in range(0, len(rows), job.recipe.rows_per_step)]
    return order
