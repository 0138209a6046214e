"""How many rows a matrix product gets, so that there are few shapes of products.

oneDNN, which multiplies bfloat16 on a processor, writes machine code for each shape that it meets: 1 to 20 ms a
product, and a training step of other rows has other shapes (LOG.md, 2026-11-29).
"""

from __future__ import annotations

import torch

POSITIONS = 8
"""The positions whose logits are computed together are padded to a multiple of this."""


def writes_code(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether a new shape of product costs time here."""
    return device.type == "cpu" and dtype == torch.bfloat16


def multiple_of_tokens(tokens: int, device: torch.device, dtype: torch.dtype) -> int:
    """Multiples of how many places a pass of `tokens` tokens is padded to; 1: not at all."""
    if not writes_code(device, dtype):
        return 1
    return 16 if tokens <= 256 else 32


def multiple_of_positions(device: torch.device, dtype: torch.dtype) -> int:
    return POSITIONS if writes_code(device, dtype) else 1
