"""Products on a processor with matrix tiles: the plain ones, whatever is beside a row."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from selfstudy.engine import tiles
from selfstudy.engine.tiles import MOST, logits, product
from selfstudy.models.precision import has_matrix_tiles

HARDWARE = pytest.mark.skipif(not has_matrix_tiles(), reason="this processor has no matrix tiles")


@settings(max_examples=30)
@given(st.integers(1, 2 * MOST + 3), st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 1000))
def test_the_other_way_round_is_the_same_product(rows: int, inputs: int, outputs: int, bias: bool, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, inputs, generator=generator).double()
    module = nn.Linear(inputs, outputs, bias=bias).double().requires_grad_(False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "tiled", lambda like: True)
        found = product(module, x)
    torch.testing.assert_close(found, module(x), rtol=1e-12, atol=1e-12)
    assert found.is_contiguous()


@pytest.mark.parametrize("rows", [1, 2, 47, 48, 49])
def test_padding_of_the_heads_product_is_not_seen(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    head, hidden = nn.Linear(8, 13).double(), torch.randn(rows, 8).double()
    plain = head(hidden)
    monkeypatch.setattr(tiles, "tiled", lambda like: True)
    torch.testing.assert_close(logits(head, hidden), plain, rtol=1e-12, atol=1e-12)


@HARDWARE
@pytest.mark.parametrize(
    ("inputs", "outputs"), [(576, 576), (576, 192), (576, 1536), (1536, 576), (896, 128), (896, 4864), (4864, 896)]
)
def test_a_row_comes_to_the_same_beside_any_others(inputs: int, outputs: int) -> None:
    # Widths of the catalogue's models; random states show a changed order in some of the numbers.
    torch.manual_seed(0)
    module, states = nn.Linear(inputs, outputs, bias=False).bfloat16(), torch.randn(200, inputs).bfloat16()
    module.requires_grad_(False)
    whole = product(module, states)
    for rows in (1, 2, 3, 16, 17, 31, 32, 33, 47, 48, 49, 64, 95, 128, 129, 168, 191):
        assert torch.equal(product(module, states[:rows]), whole[:rows]), rows
