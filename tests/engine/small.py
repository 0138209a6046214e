"""A small engine, its untouched twin in plain transformers, and random adapters for both."""

from __future__ import annotations

import random
from typing import Any

import torch

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.models.tiny import TINY_VOCAB, tiny_model


def engine(
    dtype: torch.dtype = torch.float32,
    *,
    rows_at_once: int = 64,
    tokens_in_flight: int = 2048,
    lanes: int | None = None,
) -> Engine:
    loaded = tiny_model(3, dtype=dtype)
    return Engine(
        loaded.model, loaded.identity, rows_at_once=rows_at_once, tokens_in_flight=tokens_in_flight, lanes=lanes
    )


def adapter(made_for: Engine, seed: int, *, rank: int = 3, targets: tuple[str, ...] = ("q_proj", "v_proj")) -> Adapter:
    """Random A and B, large enough to change what the model says."""
    generator = torch.Generator().manual_seed(seed)
    wide = torch.float64 if made_for.backbone.dtype == torch.float64 else torch.float32

    def drawn(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator, dtype=torch.float64).mul(0.3).float().to(wide)

    weights = {
        p.path: (drawn(rank, p.inputs), drawn(p.outputs, rank)) for p in made_for.projections if p.target in targets
    }
    return Adapter(made_for.identity, rank, 2.0 * rank, weights)


def plain(dtype: torch.dtype = torch.float32, *adapters: Adapter) -> Any:
    """The same model as transformers runs it, with the adapters' updates added to its weights."""
    model = tiny_model(3, dtype=dtype).model
    for added in adapters:
        for path, (a, b) in added.weights.items():
            weight: Any = model.get_submodule(path).weight
            weight.data += ((added.alpha / added.rank) * (b.double() @ a.double())).to(dtype)
    return model


def ids(seed: int, length: int) -> tuple[int, ...]:
    rng = random.Random(seed)
    return tuple(rng.randrange(3, TINY_VOCAB) for _ in range(length))


def jobs() -> list[TrainJob]:
    """Five, of two to four rows of 12 to 18 tokens."""
    recipe = UpdateRecipe(rank=4, alpha=8, epochs=2)
    rows = [[ids(10 * job + n, 12 + 2 * n) for n in range(2 + job % 3)] for job in range(5)]
    return [
        TrainJob(tuple(TokenRow(i, (0.0,) + (1.0,) * (len(i) - 1)) for i in of_job), recipe, seed)
        for seed, of_job in enumerate(rows)
    ]
