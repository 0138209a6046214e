"""One step of every slot at work: forward and backward, divided among lanes and cut into passes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.bank import Bank
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.gates import gated
from selfstudy.engine.lanes import Lane
from selfstudy.engine.lora import applied
from selfstudy.engine.loss import Targets, weighted_losses
from selfstudy.engine.lower import LowerStates
from selfstudy.engine.norms import normed
from selfstudy.engine.packing import PackedRow, pack
from selfstudy.engine.pieces import Pass, Piece, Plan, plan
from selfstudy.engine.projections import Projection
from selfstudy.engine.shapes import multiple_of_tokens
from selfstudy.engine.stack import stack_adapters


@dataclass
class Slot:
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
        return self.step >= steps_of(self.work)


def steps_of(job: TrainJob) -> int:
    """How many steps a job takes."""
    full = job.recipe.epochs * math.ceil(len(job.rows) / job.recipe.rows_per_step)
    return min(full, job.recipe.max_steps or full)


def run_step(
    lane: Lane,
    backbone: Backbone,
    projections: tuple[Projection, ...],
    bank: Bank,
    active: Mapping[int, Slot],
    prefix: tuple[int, ...],
    lower: LowerStates,
    tokens_in_flight: int,
) -> tuple[dict[int, float], Plan]:
    """Forward and backward of one step of every active slot: each slot's mean loss, and where its gradient lies."""
    pieces: list[Piece] = []
    # Slots with about equally many tokens stand side by side, so that few bands hold them.
    by_size = sorted(active, key=lambda slot: (-active[slot].tokens_of_step, slot))
    for slot in by_size:
        state = active[slot]
        rows = [(i, state.work.rows[i]) for i in state.order[state.step]]
        weight = sum(sum(row.weights) for _, row in rows)
        pieces.extend(Piece(slot, state.job, i, row, 1 / weight) for i, row in rows)
        state.tokens += sum(len(row.ids) for _, row in rows)
        state.trained += sum(len(row.trained) for _, row in rows)
    planned = plan(pieces, lane.count, tokens_in_flight)
    frozen = {slot: state.work.frozen for slot, state in active.items()}
    own: list[tuple[int, float]] = []
    if lane.number < len(planned.passes):
        with lane.alone() if len(planned.passes) == 1 else nullcontext():
            own = _run_passes(backbone, projections, bank, planned.passes[lane.number], frozen, prefix, lower)
    losses = dict.fromkeys(active, 0.0)
    for of_lane in lane.gather(own):
        for slot, loss in of_lane:
            losses[slot] += loss
    return losses, planned


def _run_passes(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    bank: Bank,
    passes: Sequence[Pass],
    frozen: Mapping[int, Sequence[Adapter]],
    prefix: tuple[int, ...],
    lower: LowerStates,
) -> list[tuple[int, float]]:
    """Leaves gradients in the bank; what each position adds to its slot's loss."""
    losses: list[tuple[int, float]] = []
    places = {slot: each.first + n for each in passes for n, slot in enumerate(each.slots)}
    bank.load(list(places), min(places.values()))
    for each in passes:
        rows_of = [[p for p in each.pieces if p.slot == slot] for slot in each.slots]
        shares = [[p.tokens.ids[: len(prefix)] == prefix != () and _fits(p, prefix) for p in ps] for ps in rows_of]
        lengths = [[len(p.tokens.ids) for p in ps] for ps in rows_of]
        layout, placed = pack(
            lengths, shares, len(prefix), backbone.device, grouped=True,
            multiple=multiple_of_tokens(sum(map(sum, lengths)), backbone.head),
        )  # fmt: skip
        entries = [(rows_of[place.slot][place.row] if place.row >= 0 else None, place) for place in placed]
        trained = bank.trained(each.slots, each.first)
        fixed = stack_adapters([frozen[slot] for slot in each.slots], projections, backbone.dtype, backbone.device)
        scales, kernels = bank.scales(each.slots), backbone.native.library
        with (
            normed(backbone.norms, kernels),
            gated(backbone.gates, kernels),
            applied(projections, trained, scales, fixed, layout.slots, kernels),
        ):
            hidden_TH = lower.enter(entries, layout)
        where, owner, targets = _targets(entries, backbone.device, hidden_TH.dtype)
        loss_S = weighted_losses(hidden_TH.index_select(0, where), backbone.head, targets, kernels)
        loss_S.sum().backward()
        bank.collect(trained, each.summed)
        losses += zip(owner, loss_S.detach().tolist(), strict=True)
    return losses


def _fits(piece: Piece, prefix: tuple[int, ...]) -> bool:
    return piece.tokens.trained[0] - 1 >= len(prefix)


def _targets(
    entries: Sequence[tuple[Piece | None, PackedRow]], device: torch.device, dtype: torch.dtype
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
