"""How many rows are worked on together: few shapes of products, and copies that stay in the cache.

oneDNN, which multiplies bfloat16 on a processor where our own kernel does not, writes machine code for each shape that
it meets: 1 to 20 ms a product, and a training step of other rows has other shapes (LOG.md, 2026-11-29).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from selfstudy.engine.native_linear import NativePacking
from selfstudy.engine.packed_linear import PackedLinear

POSITIONS = 8
"""The positions whose logits are computed together are padded to a multiple of this."""


def writes_code(linear: nn.Module) -> bool:
    """Whether a new shape of product with this frozen layer costs time here."""
    weight = linear.get_parameter("weight")
    ours = isinstance(linear, PackedLinear) and isinstance(linear.packing, NativePacking)
    return weight.device.type == "cpu" and weight.dtype == torch.bfloat16 and not ours


def multiple_of_tokens(tokens: int, head: nn.Module) -> int:
    """Multiples of how many places a pass of `tokens` tokens is padded to; 1: not at all."""
    if not writes_code(head):
        return 1
    return 16 if tokens <= 256 else 32


def multiple_of_positions(head: nn.Module) -> int:
    return POSITIONS if writes_code(head) else 1


def few(logits_RV: Tensor) -> int:
    """Rows of logits to work on at once: on a processor so few that copies of them stay in its cache.

    Measured, 128 rows of 152k logits, one thread: 125 ms in one piece, 45 in pieces of 16.
    """
    return 16 if logits_RV.device.type == "cpu" else max(1, logits_RV.shape[0])
