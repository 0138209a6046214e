"""Prompts that share a head, passages and sentences, under several adapter sets, and what runs through the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.engine import Engine
from tests.engine import small

Prompt = tuple[tuple[int, ...], tuple[Adapter, ...]]


def prompts(engine: Engine) -> list[Prompt]:
    """The base and an adapter, two passages, two sentences of each, two ends of each sentence; shuffled."""
    sets = [(), (small.adapter(engine, 2, rank=5, targets=("q_proj", "down_proj")),)]
    head = small.ids(90, 26)
    found: list[Prompt] = []
    for adapters in sets:
        for passage in range(2):
            begin = head + small.ids(10 + passage, 30 + 9 * passage)
            for sentence in range(2):
                middle = begin + small.ids(20 + sentence, 25 + 3 * passage)
                found += [(middle + small.ids(30 + end, 3 + 4 * end), adapters) for end in range(2)]
            found.append((begin + small.ids(40, 150), adapters))  # long, and not as deep in the tree
        found.append((small.ids(50, 12), adapters))  # shares nothing
    return found[::2] + found[1::2]


@contextmanager
def counted(engine: Engine) -> Iterator[list[int]]:
    """How many tokens each pass within the block takes."""
    passes: list[int] = []
    backbone: Any = engine.backbone
    states = backbone.states

    def counting(ids_T: torch.Tensor, layout: Any) -> torch.Tensor:
        passes.append(len(ids_T))
        found: torch.Tensor = states(ids_T, layout)
        return found

    backbone.states = counting
    try:
        yield passes
    finally:
        del backbone.states


def tokens_of_tree(prompts: list[Prompt]) -> int:
    """Tokens that differ in what stands before them or in their adapters: what must run at least once."""
    return len({(adapters, ids[: n + 1]) for ids, adapters in prompts for n in range(len(ids))})


@contextmanager
def scarce(engine: Engine, error: Exception, *, rows: int = 10**9, tokens: int = 10**9) -> Iterator[None]:
    """Within the block, passes over more tokens, or one that writes to a cache of more rows, end with `error`."""
    backbone: Any = engine.backbone
    states = backbone.states

    def failing(ids_T: torch.Tensor, layout: Any) -> torch.Tensor:
        found: torch.Tensor = states(ids_T, layout)
        if len(ids_T) > tokens or any(to.cache.rows > rows for to in layout.written):
            raise error
        return found

    backbone.states = failing
    try:
        yield
    finally:
        del backbone.states
