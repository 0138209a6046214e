"""Products of the base that come to the same whatever is beside a row, on a processor with matrix tiles (AMX).

There the order in which a product sums up depends on how many rows it has, differently for every shape of weight. Taken
the other way round, weight times states, it does not for up to `MOST` columns, and is quicker for few: the weight need
not be packed (LOG.md, 2026-11-29). Elsewhere these are the plain products.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from selfstudy.engine import packed_linear
from selfstudy.models.precision import has_matrix_tiles

MOST = 48
"""Columns of a product taken the other way round: from 49 on weights of 128 rows are summed up in another order."""
LEAST_FOR_HEAD = 48
"""Rows of the head's product, whose result would be slow to turn round: up to 32 it is summed up in another order."""


def tiled(like: Tensor) -> bool:
    return like.device.type == "cpu" and like.dtype == torch.bfloat16 and has_matrix_tiles()


def product(module: nn.Linear, input_TI: Tensor) -> Tensor:
    """x Wᵀ + bias, [T, O]."""
    if not tiled(input_TI):
        return packed_linear.product(module, input_TI)
    output_TO = input_TI.new_empty(input_TI.shape[0], module.out_features)
    for own_tI, own_tO in zip(input_TI.split(MOST), output_TO.split(MOST), strict=True):
        own_tO.copy_((module.weight @ own_tI.T).T)
    return output_TO if module.bias is None else output_TO.add_(module.bias)


def logits(head: nn.Module, hidden_RH: Tensor) -> Tensor:
    """The head's [R, V]; with a row alone, any processor takes its sum in another order."""
    rows = hidden_RH.shape[0]
    least = LEAST_FOR_HEAD if tiled(hidden_RH) else 2
    if rows < least:
        hidden_RH = functional.pad(hidden_RH, (0, 0, 0, least - rows))
    found: Tensor = head(hidden_RH)
    return found[:rows]
