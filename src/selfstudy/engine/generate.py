"""Continue many prompts at once, each with its own adapters: shared prefix once, static cache, early exit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.cache import CachedLayout, PrefixCache, RowCache
from selfstudy.engine.contract import GenerateRequest, Generation
from selfstudy.engine.lora import LowRank, applied
from selfstudy.engine.packing import Slots, pack, shared_prefix
from selfstudy.engine.projections import Projection
from selfstudy.engine.score import group_by_adapters
from selfstudy.engine.stack import stack_adapters

_NUCLEUS = 256  # top-p is looked for among the most likely tokens first; all are sorted only if these do not reach it


@dataclass
class _Row:
    """One continuation at work."""

    number: int
    request: GenerateRequest
    slot: int
    random: random.Random
    ids: list[int] = field(default_factory=list)
    logprob: float = 0.0
    stopped: bool = False

    @property
    def done(self) -> bool:
        return self.stopped or len(self.ids) >= self.request.max_new_tokens


@torch.no_grad()
def generate(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    requests: Sequence[GenerateRequest],
    *,
    rows_at_once: int,
) -> list[Generation]:
    """Continuations in the order of `requests`.

    Raises:
        ValueError: a request without a prompt, for no new token, or whose `allowed_tokens` allows nothing.
    """
    for number, request in enumerate(requests):
        if not request.ids:
            raise ValueError(f"generate: request {number} has an empty prompt")
        if request.max_new_tokens < 1:
            raise ValueError(
                f"generate: request {number} has max_new_tokens {request.max_new_tokens}; ask for at least 1"
            )
    groups, group_of = group_by_adapters([r.adapters for r in requests])
    # Short prompts with short ones: a batch is as slow as its longest row.
    order = sorted(range(len(requests)), key=lambda n: (len(requests[n].ids), requests[n].max_new_tokens))
    results: list[Generation | None] = [None] * len(requests)
    for start in range(0, len(order), rows_at_once):
        batch = sorted(order[start : start + rows_at_once], key=lambda n: group_of[n])
        present = sorted({group_of[n] for n in batch})
        rows = [_Row(n, requests[n], present.index(group_of[n]), random.Random(requests[n].seed)) for n in batch]
        _run(backbone, projections, rows, [groups[g] for g in present])
        for row in rows:
            results[row.number] = Generation(tuple(row.ids), row.stopped, row.logprob)
    return [r for r in results if r is not None]


def _run(
    backbone: Backbone, projections: tuple[Projection, ...], rows: list[_Row], groups: list[tuple[Adapter, ...]]
) -> None:
    device = backbone.device
    stack = stack_adapters(groups, projections, backbone.dtype, device)
    prompts = [row.request.ids for row in rows]
    shared = shared_prefix(prompts, [len(p) - 1 for p in prompts], least=16)
    if any(p[: len(shared)] != shared for p in prompts):
        shared = ()
    prefix = PrefixCache(len(shared))
    if shared:
        ids_T = torch.tensor(list(shared) * len(groups), device=device)
        _pass(
            backbone,
            projections,
            stack,
            prefix,
            None,
            [len(shared)] * len(groups),
            [0] * len(groups),
            list(range(len(groups))),
            0,
            ids_T,
        )
    rests = [p[len(shared) :] for p in prompts]
    capacity = max(len(rest) + row.request.max_new_tokens for rest, row in zip(rests, rows, strict=True))
    # Samples of one prompt differ only in what follows it: each distinct prompt runs once, and its cache is copied.
    places: dict[tuple[int, tuple[int, ...]], int] = {}
    place_of = [places.setdefault((row.slot, rest), len(places)) for row, rest in zip(rows, rests, strict=True)]
    slots, distinct = zip(*places, strict=True)
    cache = RowCache(len(distinct), capacity)
    ids_T = torch.tensor([t for rest in distinct for t in rest], device=device)
    hidden_RH = _pass(
        backbone, projections, stack, prefix, cache, [len(rest) for rest in distinct], [0] * len(distinct),
        list(slots), len(shared), ids_T,
    )  # fmt: skip
    if len(distinct) < len(rows):
        of_rows = torch.tensor(place_of, device=device)
        cache, hidden_RH = cache.keep(of_rows), hidden_RH.index_select(0, of_rows)
    written = [len(rest) for rest in rests]
    live = list(rows)
    while True:
        new = _pick(backbone.head(hidden_RH), live)
        kept = [i for i, row in enumerate(live) if not row.done]
        if not kept:
            return
        if len(kept) < len(live):
            live = [live[i] for i in kept]
            new, written = [new[i] for i in kept], [written[i] for i in kept]
            cache = cache.keep(torch.tensor(kept, device=device))
        hidden_RH = _pass(
            backbone, projections, stack, prefix, cache, [1] * len(live), written, [r.slot for r in live], len(shared),
            torch.tensor(new, device=device),
        )  # fmt: skip
        written = [n + 1 for n in written]


def _pass(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    stack: dict[str, LowRank],
    prefix: PrefixCache,
    cache: RowCache | None,
    lengths: list[int],
    offsets: list[int],
    slot_of: list[int],
    shared: int,
    ids_T: Tensor,
) -> Tensor:
    """Run new tokens of each row (rows in slot order) and return the state [R, H] at each row's last new token."""
    device, count = backbone.device, len({*slot_of})
    known = sorted({*slot_of})
    by_slot = [[n for n, s in zip(lengths, slot_of, strict=True) if s == k] for k in known]
    layout, placed = pack(by_slot, [[False] * len(ns) for ns in by_slot], 0, device)
    offset_R = torch.tensor(offsets, device=device)
    row_T = layout.alone.scatter_T.div(layout.alone.longest, rounding_mode="floor")
    positions_T = layout.positions_T + offset_R[row_T] + shared
    cached = CachedLayout(
        positions_T=positions_T,
        slots=layout.slots,
        group=layout.alone,
        prefix=prefix,
        rows=cache,
        offset_R=offset_R,
        slot_of_R=torch.tensor(slot_of, device=device),
    )
    if count < max((len(update.scales) for update in stack.values()), default=0):
        stack = {path: update.slots(known) for path, update in stack.items()}
    slots: Slots = layout.slots
    with applied(projections, (stack,), slots):
        hidden_TH = backbone.states(ids_T, cached)
    return hidden_TH[torch.tensor([p.start + p.length - 1 for p in placed], device=device)]


def _pick(logits_RV: Tensor, rows: list[_Row]) -> list[int]:
    """Choose each row's next token, note it on the row, and return it."""
    logits_RV = logits_RV if logits_RV.dtype == torch.float64 else logits_RV.float()
    for i, row in enumerate(rows):
        if row.request.allowed_tokens is not None:
            allowed = list(row.request.allowed_tokens(row.ids))
            if not allowed:
                raise ValueError(f"generate: request {row.number}: allowed_tokens allows nothing after {row.ids}")
            masked = torch.full_like(logits_RV[i], float("-inf"))
            masked[allowed] = logits_RV[i, allowed]
            logits_RV[i] = masked
    total_R = logits_RV.logsumexp(dim=1)
    best_R = logits_RV.argmax(dim=1)
    chosen = [
        int(best_R[i]) if row.request.temperature == 0 else _sample(logits_RV[i], row) for i, row in enumerate(rows)
    ]
    picked = logits_RV.gather(1, torch.tensor(chosen, device=logits_RV.device)[:, None])[:, 0] - total_R
    for row, token, logprob in zip(rows, chosen, picked.tolist(), strict=True):
        row.logprob += logprob
        if token in row.request.stop_ids:
            row.stopped = True
        else:
            row.ids.append(token)
            if row.request.watch is not None:
                row.request.watch(row.ids)
    return chosen


def _sample(logits_V: Tensor, row: _Row) -> int:
    """Nucleus sampling by the row's own generator: one uniform number, inverse of the cumulated probabilities."""
    scaled = logits_V / row.request.temperature
    total = scaled.logsumexp(dim=0)
    for width in (min(_NUCLEUS, scaled.numel()), scaled.numel()):
        top = scaled.topk(width)
        mass = (top.values - total).exp().cumsum(dim=0)
        if float(mass[-1]) >= row.request.top_p or width == scaled.numel():
            break
    size = int((mass < row.request.top_p).sum()) + 1
    mass = mass[:size]
    point = row.random.random() * float(mass[-1])
    return int(top.indices[min(int((mass <= point).sum()), mass.numel() - 1)])
