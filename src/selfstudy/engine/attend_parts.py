"""Softmax attention over several key sets without building their concatenation."""

from __future__ import annotations

import torch
from torch import Tensor

Part = tuple[Tensor, Tensor, Tensor | None]
"""Keys and values [R or 1, G, C, D], and a mask [L, C] or [R, 1, L, C] of what may be seen (None: all)."""


def causal(length: int, like: Tensor) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool, device=like.device).tril()


def attend_parts(query_RNLD: Tensor, parts: list[Part], scale: float) -> Tensor:
    """Attention output [R, N, L, D], as if the parts' keys stood one after another.

    A part whose keys have one row serves all rows (a shared prefix): its products are then one matrix product a head.
    """
    R, N, L, D = query_RNLD.shape
    G = parts[0][0].shape[1]
    query = (query_RNLD * scale).reshape(R, G, (N // G) * L, D)
    scores = []
    for key, _, mask in parts:
        if key.shape[0] == 1 and R > 1:
            flat = query.transpose(0, 1).reshape(G, -1, D) @ key[0].transpose(1, 2)
            score = flat.view(G, R, -1, key.shape[2]).transpose(0, 1)
        else:
            score = query @ key.transpose(2, 3)
        if mask is not None:
            score = score.reshape(R, N, L, -1).masked_fill(~mask, float("-inf")).reshape(score.shape)
        scores.append(score)
    joined = torch.cat(scores, dim=3)
    wide = torch.float64 if joined.dtype == torch.float64 else torch.float32
    weights = joined.softmax(dim=3, dtype=wide).to(query.dtype)
    out, start = query.new_zeros(()), 0
    for key, value, _ in parts:
        piece = weights[..., start : start + key.shape[2]]
        start += key.shape[2]
        if value.shape[0] == 1 and R > 1:
            flat = piece.transpose(0, 1).reshape(G, -1, key.shape[2]) @ value[0]
            out = out + flat.view(G, R, -1, D).transpose(0, 1)
        else:
            out = out + piece @ value
    return out.reshape(R, N, L, D)
