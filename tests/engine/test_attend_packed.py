"""Attention of a packed pass: the written node and torch's kernel, which long rows get, say the same."""

from __future__ import annotations

import pytest
import torch

from selfstudy.engine.attend_packed import PackedAttention
from selfstudy.engine.attention import _attend_fused
from selfstudy.engine.packing import pack


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("slots", [[[9, 5, 30]], [[9, 5, 30], [7], [12, 12]]])
@pytest.mark.parametrize("prefix", [0, 4])
def test_node_and_kernel_agree(slots: list[list[int]], prefix: int, grouped: bool) -> None:
    shares = [[prefix > 0 and row != 1 for row in range(len(rows))] for rows in slots]
    layout, placed = pack(slots, shares, prefix, torch.device("cpu"), grouped=grouped)
    generator = torch.Generator().manual_seed(3)
    tokens = sum(place.length for place in placed)
    inputs = [torch.randn(tokens, heads, 8, generator=generator).double() for heads in (6, 2, 2)]
    upstream = torch.randn(tokens, 6, 8, generator=generator).double()
    found = []
    for attend in (
        lambda q, k, v: PackedAttention.apply(q, k, v, layout, 0.3),
        lambda *x: _attend_fused(layout, *x, 0.3),
    ):
        leaves = [x.clone().requires_grad_() for x in inputs]
        out = attend(*leaves)
        (out * upstream).sum().backward()
        found.append([out.detach(), *(leaf.grad for leaf in leaves)])
    for node, kernel in zip(*found, strict=True):
        torch.testing.assert_close(node, kernel, rtol=1e-9, atol=1e-11)
