"""Frozen layers with packed weights: the plain products and gradients, of the same parameters."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from selfstudy.engine.contract import GenerateRequest
from selfstudy.engine.packed_linear import OneDnn, PackedLinear, back, pack_linears, product
from tests.engine import small

DTYPES = [torch.float32, torch.bfloat16]
NEAR = {torch.float32: 1e-5, torch.bfloat16: 2**-7}
"""In parts of a sum's size: the two may sum up in another order."""
AMPLE = 1 << 40
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def packed_of(module: nn.Linear) -> PackedLinear:
    holder = nn.Sequential(module)
    pack_linears(holder, AMPLE)
    (packed,) = holder
    if not isinstance(packed, PackedLinear):
        pytest.skip("this processor or this torch has no packed products")
    return packed


def plain(inputs: int, outputs: int, bias: bool, dtype: torch.dtype) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=bias).to(dtype).requires_grad_(False)


def close(found: Tensor, wanted: Tensor, dtype: torch.dtype, inputs: int) -> None:
    near = NEAR[dtype]
    torch.testing.assert_close(found.double(), wanted, rtol=near, atol=near * inputs**0.5)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 70), st.integers(1, 40), st.integers(1, 40), st.booleans(), st.sampled_from(DTYPES),
    st.integers(0, 1000),
)  # fmt: skip
def test_product_and_gradient_are_those_of_wide_numbers(
    rows: int, inputs: int, outputs: int, bias: bool, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    module = plain(inputs, outputs, bias, dtype)
    packed = packed_of(module)
    states, grad, add = (torch.randn(rows, n).to(dtype) for n in (inputs, outputs, inputs))
    wide = states.double() @ module.weight.double().T
    close(packed.product(states), wide + (module.bias.double() if bias else 0), dtype, inputs)
    of_input = grad.double() @ module.weight.double()
    close(packed.back(grad, None), of_input, dtype, outputs)
    close(packed.back(grad, add.clone()), of_input + add.double(), dtype, outputs)


@pytest.mark.parametrize("dtype", DTYPES)
def test_autograd_goes_through_it(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = plain(24, 40, True, dtype)
    packed = packed_of(module)
    found, grads = [], []
    for each in (module, packed):
        states = torch.randn(1, 9, 24, generator=torch.Generator().manual_seed(1)).to(dtype).requires_grad_()
        # A transposed gradient, as a batched product hands it on.
        (each(states).transpose(1, 2).contiguous() ** 2).sum().backward()
        found.append(each(states).detach().double())
        assert states.grad is not None
        grads.append(states.grad.double())
    torch.testing.assert_close(found[1], found[0], rtol=NEAR[dtype], atol=NEAR[dtype])
    torch.testing.assert_close(grads[1], grads[0], rtol=4 * NEAR[dtype], atol=40 * NEAR[dtype])
    assert packed.packed_bytes == 2 * 24 * 40 * dtype.itemsize
    assert packed.weight is module.weight
    assert packed.bias is module.bias


def test_no_rows_are_no_rows() -> None:
    packed = packed_of(plain(8, 5, True, torch.float32))
    assert packed(torch.empty(0, 8)).shape == (0, 5)


def test_plain_layers_have_the_same_functions() -> None:
    module = nn.Linear(6, 4).double().requires_grad_(False)
    states, grad, add = (torch.randn(3, n).double() for n in (6, 4, 6))
    wanted = grad @ module.weight + add
    torch.testing.assert_close(product(module, states), module(states))
    torch.testing.assert_close(back(module, grad), grad @ module.weight)
    torch.testing.assert_close(back(module, grad, add), wanted)


def test_copies_that_would_take_too_much_memory_are_not_made() -> None:
    modules = nn.Sequential(plain(10, 20, False, torch.bfloat16), plain(20, 10, False, torch.bfloat16))
    pack_linears(modules, 2 * 2 * 400 - 1)
    assert [type(module) for module in modules] == [nn.Linear, nn.Linear]
    packed_of(plain(10, 20, False, torch.bfloat16))  # or there is nothing to tell
    pack_linears(modules, 2 * 2 * 400)
    assert [type(module) for module in modules] == [PackedLinear, PackedLinear]


def test_wider_numbers_stay_as_they_are() -> None:
    module = nn.Sequential(nn.Linear(4, 4).double())
    pack_linears(module, AMPLE)
    assert type(module[0]) is nn.Linear


def test_operators_that_compute_something_else_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    packed_of(plain(4, 4, False, torch.float32))
    real = OneDnn.multiply
    monkeypatch.setattr(OneDnn, "multiply", lambda *given: real(*given) * 1.1)
    module = nn.Sequential(plain(4, 4, False, torch.float32))
    pack_linears(module, AMPLE)
    assert type(module[0]) is nn.Linear


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_is_the_same_beside_any_others(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    packed = packed_of(plain(576, 192, False, dtype))
    states = torch.randn(200, 576).to(dtype)
    whole = packed.product(states)
    for rows in (2, 3, 7, 16, 17, 33, 64, 100, 199):
        assert torch.equal(packed.product(states[:rows]), whole[:rows]), rows


def test_what_is_merged_is_packed_anew() -> None:
    engine = small.engine(torch.float32)
    if not any(isinstance(p.module, PackedLinear) for p in engine.projections):
        pytest.skip("this processor or this torch has no packed products")
    engine.train(small.jobs()[:1])  # both copies are there
    added = small.adapter(engine, 1, targets=TARGETS)
    request = GenerateRequest(small.ids(1, 15), 4, (), (added,))
    (applied,) = engine.generate([request])
    engine.merge([added])
    (merged,) = engine.generate([GenerateRequest(request.ids, 4, ())])
    assert merged.ids == applied.ids
    for p in engine.projections:
        assert isinstance(p.module, PackedLinear)
        eye = torch.eye(p.outputs)
        torch.testing.assert_close(p.module.back(eye, None), p.module.weight.detach(), rtol=1e-5, atol=1e-5)
