"""Which linear projections of a model an adapter can sit on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from torch import nn

from selfstudy.domain.recipe import UpdateRecipe

_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")
_TOGETHER = {"q_proj": "attention", "k_proj": "attention", "v_proj": "attention", "gate_proj": "mlp", "up_proj": "mlp"}


@dataclass(frozen=True)
class Projection:
    """A linear module inside decoder layer `layer`; `path` is its dotted name in the whole model."""

    path: str
    target: str
    layer: int
    inputs: int
    outputs: int
    module: nn.Linear


def find_projections(model: nn.Module) -> tuple[Projection, ...]:
    """Every `nn.Linear` inside a numbered decoder layer, in module order (the order of PEFT's initialisation)."""
    found = []
    for path, module in model.named_modules():
        match = _LAYER.search(path)
        if isinstance(module, nn.Linear) and match is not None:
            target = path.rsplit(".", 1)[-1]
            found.append(Projection(path, target, int(match[1]), module.in_features, module.out_features, module))
    return tuple(found)


def select(projections: tuple[Projection, ...], recipe: UpdateRecipe) -> tuple[Projection, ...]:
    """The projections that a recipe adapts.

    Raises:
        ValueError: a target names no projection of this model, or the layer range is empty in it.
    """
    names = sorted({p.target for p in projections})
    for target in recipe.targets:
        if target not in names:
            raise ValueError(f"recipe: target {target!r} is not a linear projection of this model; it has {names}")
    first, last = recipe.layers or (0, 1 << 30)
    chosen = tuple(p for p in projections if p.target in recipe.targets and first <= p.layer < last)
    if not chosen:
        depth = max(p.layer for p in projections) + 1
        raise ValueError(f"recipe: layers {recipe.layers} hold no projection; the model has layers 0 to {depth - 1}")
    return chosen


def read_together(projections: Iterable[Projection]) -> list[tuple[Projection, ...]]:
    """Neighbours of one module that read the same input, by the names that most models give them; others alone."""

    def reads(projection: Projection) -> tuple[str, str]:
        parent, _, name = projection.path.rpartition(".")
        return parent, _TOGETHER.get(name, name)

    return [tuple(group) for _, group in groupby(projections, key=reads)]
