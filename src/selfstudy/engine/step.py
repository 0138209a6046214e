"""One step of every slot at work: forward and backward, cut into passes that memory holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.bank import Bank
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.lora import applied
from selfstudy.engine.loss import Targets, weighted_losses
from selfstudy.engine.lower import LowerStates
from selfstudy.engine.packing import PackedRow, pack
from selfstudy.engine.projections import Projection
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
        return self.step >= min(self.total, self.work.recipe.max_steps or self.total)


@dataclass(frozen=True)
class _Piece:
    """One row of one slot in a step; `share` is 1 / the summed weights of the slot's step."""

    slot: int
    job: int
    row: int
    tokens: TokenRow
    share: float


def run_step(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    bank: Bank,
    active: Mapping[int, Slot],
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
        layout, placed = pack(
            [[len(p.tokens.ids) for p in ps] for ps in rows_of], shares, len(prefix), backbone.device, grouped=True
        )
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
