"""Continue many prompts at once, each with its own adapters: shared prefixes once, static cache, early exit."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.contract import GenerateRequest, Generation
from selfstudy.engine.decode import Batch
from selfstudy.engine.lanes import opened, stretches
from selfstudy.engine.memory_limit import is_out_of_memory, say_less
from selfstudy.engine.pick import Row
from selfstudy.engine.prefill import Segments
from selfstudy.engine.prefix_tree import Leaf, PrefixTree, prefix_tree
from selfstudy.engine.projections import Projection
from selfstudy.engine.score import group_by_adapters
from selfstudy.engine.stack import stack_adapters


@torch.no_grad()
def generate(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    requests: Sequence[GenerateRequest],
    *,
    lanes: int = 1,
    rows_at_once: int,
    tokens_in_flight: int,
) -> list[Generation]:
    """Continuations in the order of `requests`, at most `rows_at_once` together in all `lanes`.

    Where memory does not suffice, it goes on with half as many rows, and warns.

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
    # Samples of one prompt differ only in what follows it: each distinct prompt runs once, and its cache is copied.
    asked: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for number, request in enumerate(requests):
        asked.setdefault((group_of[number], request.ids), []).append(number)
    slots, prompts = [slot for slot, _ in asked], [ids for _, ids in asked]
    numbers = list(asked.values())
    tree = prefix_tree(
        prompts, [len(p) - 1 for p in prompts], slots,
        [max(requests[n].max_new_tokens for n in of) for of in numbers],
    )  # fmt: skip
    rows = [(leaf, Row(n, requests[n], slots[leaf.row])) for leaf in tree.leaves for n in numbers[leaf.row]]
    tokens = [len(prompts[leaf.row]) - leaf.start + row.request.max_new_tokens for leaf, row in rows]
    with opened(lanes) as lane:
        own = [rows[n] for n in stretches(tokens, lane.count)[lane.number]]
        at_once, in_flight = max(1, rows_at_once // lanes), max(1, tokens_in_flight // lanes)
        _generate(backbone, projections, groups, tree, own, prompts, at_once, in_flight)
        found = [(row.number, Generation(tuple(row.ids), row.stopped, row.logprob, tuple(row.top))) for _, row in own]
        results = dict(lane.collect(found))
    return [results[number] for number in range(len(requests))]


def _generate(
    backbone: Backbone,
    projections: tuple[Projection, ...],
    groups: Sequence[tuple[Adapter, ...]],
    tree: PrefixTree,
    rows: Sequence[tuple[Leaf, Row]],
    prompts: Sequence[tuple[int, ...]],
    rows_at_once: int,
    tokens_in_flight: int,
) -> None:
    segments: Segments | None = None
    start = 0
    while start < len(rows):
        batch = rows[start : start + rows_at_once]
        first, last = batch[0][1].slot, batch[-1][1].slot
        try:
            stack = stack_adapters(groups[first : last + 1], projections, backbone.dtype, backbone.device)
            run = Batch(backbone, projections, stack, first)
            segments = run.generate(tree, segments, batch, prompts, tokens_in_flight)
        except (RuntimeError, MemoryError) as error:
            if len(batch) == 1 or not is_out_of_memory(error):
                raise
            rows_at_once = len(batch) // 2
            tokens_in_flight = max(tokens_in_flight // 2, 1)
        else:
            start += len(batch)
            continue
        # Outside the handler: what had been computed is held by the error.
        say_less("generate", f"{len(batch)} rows", str(rows_at_once))
