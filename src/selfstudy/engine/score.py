"""Log-probabilities of given continuations under the base or any adapters, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.contract import Score, ScoreRequest
from selfstudy.engine.lora import applied
from selfstudy.engine.loss import CHUNK
from selfstudy.engine.packing import pack, shared_prefix
from selfstudy.engine.projections import Projection
from selfstudy.engine.stack import stack_adapters


def group_by_adapters(adapters: Sequence[tuple[Adapter, ...]]) -> tuple[list[tuple[Adapter, ...]], list[int]]:
    """The distinct adapter sets in order of appearance, and each item's index into them."""
    known: dict[tuple[int, ...], int] = {}
    groups: list[tuple[Adapter, ...]] = []
    index = []
    for item in adapters:
        key = tuple(id(a) for a in item)
        if key not in known:
            known[key] = len(groups)
            groups.append(item)
        index.append(known[key])
    return groups, index


@torch.no_grad()
def score(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    requests: Sequence[ScoreRequest],
    *,
    top_k: int,
    tokens_in_flight: int,
) -> list[Score]:
    """Scores in the order of `requests`.

    Raises:
        ValueError: a request whose `first` leaves nothing to condition on or nothing to score.
    """
    for number, request in enumerate(requests):
        if not 1 <= request.first < len(request.ids):
            raise ValueError(f"score: request {number} has {len(request.ids)} ids and first = {request.first}")
    if not requests:
        return []
    groups, group_of = group_by_adapters([r.adapters for r in requests])
    prefix = shared_prefix([r.ids for r in requests], [r.first - 1 for r in requests])
    order = sorted(range(len(requests)), key=lambda n: (group_of[n], len(requests[n].ids)))
    results: list[Score | None] = [None] * len(requests)
    batch: list[int] = []
    size = 0
    for number in [*order, -1]:
        # A prefix that is shared is computed once a batch, so it counts in the first row only.
        shared = len(prefix) if batch and _shares(requests[number], prefix) else 0
        length = len(requests[number].ids) - shared
        if batch and (number == -1 or size + length > tokens_in_flight):
            _score_batch(backbone, projections, requests, batch, groups, group_of, prefix, top_k, results)
            batch, size = [], 0
        batch.append(number)
        size += length
    return [r for r in results if r is not None]


def _shares(request: ScoreRequest, prefix: tuple[int, ...]) -> bool:
    return bool(prefix) and request.ids[: len(prefix)] == prefix and request.first > len(prefix)


def _score_batch(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    requests: Sequence[ScoreRequest],
    batch: list[int],
    groups: list[tuple[Adapter, ...]],
    group_of: list[int],
    prefix: tuple[int, ...],
    top_k: int,
    results: list[Score | None],
) -> None:
    present = sorted({group_of[n] for n in batch})
    rows_of = [[n for n in batch if group_of[n] == g] for g in present]
    shares = [[_shares(requests[n], prefix) for n in ns] for ns in rows_of]
    layout, placed = pack([[len(requests[n].ids) for n in ns] for ns in rows_of], shares, len(prefix), backbone.device)
    ids: list[int] = []
    where: list[int] = []
    labels: list[int] = []
    spans: list[tuple[int, int, int]] = []
    for place in placed:
        if place.row == -1:
            ids += prefix
            continue
        number = rows_of[place.slot][place.row]
        request = requests[number]
        ids += request.ids[place.skipped :]
        spans.append((number, len(where), len(where) + len(request.ids) - request.first))
        where += range(
            place.start + request.first - 1 - place.skipped, place.start + len(request.ids) - 1 - place.skipped
        )
        labels += request.ids[request.first :]
    stack = stack_adapters([groups[g] for g in present], projections, backbone.dtype, backbone.device)
    with applied(projections, (stack,), layout.slots):
        hidden_TH = backbone.states(torch.tensor(ids, device=backbone.device), layout)
    hidden_SH = hidden_TH[torch.tensor(where, device=backbone.device)]
    label_S = torch.tensor(labels, device=backbone.device)
    logprobs: list[float] = []
    top_ids: list[list[int]] = []
    top_logprobs: list[list[float]] = []
    for start in range(0, len(where), CHUNK):
        logits_SV = backbone.head(hidden_SH[start : start + CHUNK])
        logits_SV = logits_SV if logits_SV.dtype == torch.float64 else logits_SV.float()
        logprob_SV = logits_SV.log_softmax(dim=1)
        logprobs += logprob_SV.gather(1, label_S[start : start + CHUNK, None])[:, 0].tolist()
        if top_k:
            top = logprob_SV.topk(min(top_k, logprob_SV.shape[1]), dim=1)
            top_ids += top.indices.tolist()
            top_logprobs += top.values.tolist()
    for number, begin, end in spans:
        top_entries = tuple(
            (tuple(i), tuple(p)) for i, p in zip(top_ids[begin:end], top_logprobs[begin:end], strict=True)
        )
        results[number] = Score(tuple(logprobs[begin:end]), top_entries)
