"""Log-probabilities of given continuations under the base or any adapters, many at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from selfstudy.engine.adapted import adapted, runs_of
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.contract import Score, ScoreRequest
from selfstudy.engine.lanes import opened, stretches
from selfstudy.engine.loss import CHUNK
from selfstudy.engine.memory_limit import is_out_of_memory, say_less
from selfstudy.engine.prefill import Piece, Segments, lay_out
from selfstudy.engine.prefix_tree import Leaf, PrefixTree, prefix_tree
from selfstudy.engine.projections import Projection
from selfstudy.engine.shapes import few
from selfstudy.engine.stack import stack_adapters
from selfstudy.engine.tiles import logits


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
    lanes: int = 1,
    tokens_in_flight: int,
) -> list[Score]:
    """Scores in the order of `requests`, about `tokens_in_flight` tokens a pass of all `lanes`.

    Where memory does not suffice, it goes on with half as many tokens, and warns.

    Raises:
        ValueError: a request whose `first` leaves nothing to condition on or nothing to score.
    """
    for number, request in enumerate(requests):
        if not 1 <= request.first < len(request.ids):
            raise ValueError(f"score: request {number} has {len(request.ids)} ids and first = {request.first}")
    if not requests:
        return []
    groups, group_of = group_by_adapters([r.adapters for r in requests])
    tree = prefix_tree([r.ids for r in requests], [r.first - 1 for r in requests], group_of, [0] * len(requests))
    with opened(lanes) as lane:
        tokens = [len(requests[leaf.row].ids) - leaf.start for leaf in tree.leaves]
        own = stretches(tokens, lane.count)[lane.number]
        found = _score_leaves(
            backbone, projections, requests, groups, group_of, tree, own, top_k, max(1, tokens_in_flight // lanes)
        )
        results = dict(lane.collect(list(found.items())))
    return [results[number] for number in range(len(requests))]


def _score_leaves(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    requests: Sequence[ScoreRequest],
    groups: Sequence[tuple[Adapter, ...]],
    group_of: Sequence[int],
    tree: PrefixTree,
    leaves: range,
    top_k: int,
    tokens_in_flight: int,
) -> dict[int, Score]:
    """Scores by request of the tree's `leaves`."""
    results: dict[int, Score] = {}
    segments: Segments | None = None
    start = leaves.start
    while start < leaves.stop:
        batch = _batch(tree.leaves[: leaves.stop], tree, start, segments is not None, requests, tokens_in_flight)
        try:
            here = Segments(tree, batch, segments)
            run = groups[group_of[batch[0].row] : group_of[batch[-1].row] + 1]
            pieces = _pieces(here, batch, requests, group_of)
            results |= _score(backbone, projections, requests, pieces, here, run, top_k)
        except (RuntimeError, MemoryError) as error:
            if len(batch) == 1 or not is_out_of_memory(error):
                raise
            before, tokens_in_flight = tokens_in_flight, tokens_in_flight // 2
        else:
            segments = here
            start += len(batch)
            continue
        # Outside the handler: what had been computed is held by the error.
        say_less("score", f"{before} tokens", str(tokens_in_flight))
    return results


def _batch(
    leaves: Sequence[Leaf], tree: PrefixTree, start: int, goes_on: bool, requests: Sequence[ScoreRequest], tokens: int
) -> list[Leaf]:
    """The leaves from `start` on that take `tokens` together, segments counted with the first leaf behind them."""
    batch: list[Leaf] = []
    # Segments of the leaf before are there already.
    known = set(leaves[start - 1].chain) if goes_on else set()
    for leaf in leaves[start:]:
        tokens -= len(requests[leaf.row].ids) - leaf.start
        tokens -= sum(len(tree.segments[s].ids) for s in leaf.chain if s not in known)
        if batch and tokens < 0:
            break
        batch.append(leaf)
        known.update(leaf.chain)
    return batch


def _pieces(
    segments: Segments, batch: Sequence[Leaf], requests: Sequence[ScoreRequest], group_of: Sequence[int]
) -> list[Piece]:
    """The batch's leaves, each behind what it needs and nothing before it has run; a leaf's `row` is its request."""
    pieces: list[Piece] = []
    for leaf in batch:
        pieces += [segments.piece(s) for s in segments.missing(leaf)]
        pieces.append(
            Piece(requests[leaf.row].ids[leaf.start :], group_of[leaf.row], leaf.start, leaf.chain, -1, leaf.row)
        )
    return pieces


def _score(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    requests: Sequence[ScoreRequest],
    pieces: Sequence[Piece],
    segments: Segments,
    groups: Sequence[tuple[Adapter, ...]],
    top_k: int,
) -> dict[int, Score]:
    """Scores by request of one pass; `groups` are the adapters of its slots."""
    where: list[int] = []
    labels: list[int] = []
    spans: list[tuple[int, int, int]] = []
    end = 0
    for piece in pieces:
        end += len(piece.ids)
        if piece.level == -1:
            scored = requests[piece.row].ids[requests[piece.row].first :]
            spans.append((piece.row, len(where), len(where) + len(scored)))
            where += range(end - len(scored) - 1, end - 1)
            labels += scored
    ids_T, layout = lay_out(pieces, segments, None, backbone.device)
    stack = stack_adapters(groups, projections, backbone.dtype, backbone.device)
    runs = runs_of([piece.slot for piece in pieces], [len(piece.ids) for piece in pieces], backbone.device)
    with adapted(projections, stack, runs, runs.first):
        hidden_TH = backbone.states(ids_T, layout)
    hidden_SH = hidden_TH[torch.tensor(where, device=backbone.device)]
    label_S = torch.tensor(labels, device=backbone.device)
    logprobs: list[float] = []
    top_ids: list[list[int]] = []
    top_logprobs: list[list[float]] = []
    wide = torch.float64 if backbone.dtype == torch.float64 else torch.float32
    for start in range(0, len(where), CHUNK):
        logits_SV = logits(backbone.head, hidden_SH[start : start + CHUNK])
        at_once = few(logits_SV)
        labels_of = label_S[start : start + CHUNK].split(at_once)
        for logits_sV, label_s in zip(logits_SV.split(at_once), labels_of, strict=True):
            logprob_sV = logits_sV.log_softmax(dim=1, dtype=wide)
            logprobs += logprob_sV.gather(1, label_s[:, None])[:, 0].tolist()
            if top_k:
                top = logprob_sV.topk(min(top_k, logprob_sV.shape[1]), dim=1)
                top_ids += top.indices.tolist()
                top_logprobs += top.values.tolist()
    results = {}
    for number, begin, end in spans:
        top_entries = tuple(
            (tuple(i), tuple(p)) for i, p in zip(top_ids[begin:end], top_logprobs[begin:end], strict=True)
        )
        results[number] = Score(tuple(logprobs[begin:end]), top_entries)
    return results
