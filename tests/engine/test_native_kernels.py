"""Each kernel in C against the same in wide numbers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from selfstudy.engine.adapted_linear import AdaptedLinear
from selfstudy.engine.attend_packed import PackedAttention
from selfstudy.engine.bands import BandedProducts, bands_of
from selfstudy.engine.gates import find_gates, gated
from selfstudy.engine.loss import Targets, weighted_losses
from selfstudy.engine.native import parallel
from selfstudy.engine.native_attention import NativeAttention
from selfstudy.engine.native_linear import NativePacking
from selfstudy.engine.native_products import NativeProducts, fits
from selfstudy.engine.native_rows import NativeGate, NativeNorm
from selfstudy.engine.norms import RootMeanSquare
from selfstudy.engine.packing import pack
from selfstudy.engine.slot_products import Gradients
from selfstudy.models.precision import Registers
from tests.engine.kernels import KINDS, NEAR, drawn, library, near

CPU = torch.device("cpu")
Kind = tuple[torch.dtype, Registers]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}".removeprefix("torch."))


def updates(
    kind: Kind | None, slots: list[tuple[int, float]], inputs: int, widths: list[int], rank: int, times: int = 1
) -> list[Tensor]:
    """Outputs, and after `times` ways back the gradients of input, A and each B. None: in float64, without kernels."""
    dtype = kind[0] if kind else torch.float64
    sizes, scales = [size for size, _ in slots], [scale for _, scale in slots]
    x = drawn(sum(sizes) + 3, inputs, seed=1).to(dtype).requires_grad_()  # places behind the last slot are of none
    a = drawn(len(slots), len(widths) * rank, inputs, seed=2).mul(inputs**-0.5).to(dtype).requires_grad_()
    b = tuple(drawn(len(slots), width, rank, seed=3 + width).mul(rank**-0.5).to(dtype) for width in widths)
    frozen = [nn.Linear(inputs, width, bias=False).bfloat16().requires_grad_(False) for width in widths]
    for number, module in enumerate(frozen):
        module.weight.copy_(drawn(*module.weight.shape, seed=50 + number) * inputs**-0.5)
    gradients = Gradients(torch.full_like(a, torch.nan), tuple(torch.full_like(each, torch.nan) for each in b))
    if kind:
        products = NativeProducts(library(*kind), sizes, scales)
    else:
        products = BandedProducts(bands_of(sizes, scales, x))
    for _ in range(times):
        given = [module.to(dtype) for module in frozen]
        outputs = AdaptedLinear.apply(x, a, b, given, list(range(len(widths))), products, gradients)
        (sum((out * drawn(*out.shape, seed=70 + n).to(dtype)).sum() for n, out in enumerate(outputs))).backward()
    assert x.grad is not None
    return [*(out.detach() for out in outputs), x.grad, gradients.a_KnI, *gradients.b_KOr]


@each_kind
@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0.5, 2.0])), min_size=1, max_size=4),
    st.integers(1, 40), st.lists(st.integers(1, 50), min_size=1, max_size=3), st.integers(1, 18), st.integers(1, 2),
)  # fmt: skip
def test_low_rank_products(
    kind: Kind, slots: list[tuple[int, float]], inputs: int, widths: list[int], rank: int, times: int
) -> None:
    even = [2 * width for width in widths]
    found = updates(kind, slots, 2 * inputs, even, 2 * rank, times)
    wanted = updates(None, slots, 2 * inputs, even, 2 * rank, times)
    for ours, wide in zip(found, wanted, strict=True):
        # Inner states are rounded too, so errors grow with what is summed up, not with the sum alone.
        size = float(wide.abs().max()) + 1e-6
        assert float((ours.double() - wide).abs().max()) <= 0.03 * size * NEAR[kind[0]]


@each_kind
def test_a_slot_of_nan_changes_no_bit_of_its_neighbours(kind: Kind) -> None:
    slots = [(5, 2.0), (9, 0.5), (7, 2.0)]
    clean = updates(kind, slots, 16, [12, 6], 4)
    alone = updates(kind, [(5, 2.0), (9, float("nan")), (7, 2.0)], 16, [12, 6], 4)
    for before, after in zip(clean[:3], alone[:3], strict=True):
        assert torch.equal(before[:5], after[:5])
        assert torch.equal(before[14:], after[14:])
    for before, after in zip(clean[3:], alone[3:], strict=True):
        assert torch.equal(before[[0, 2]], after[[0, 2]])
        assert after[1].isnan().any()


@pytest.mark.parametrize(
    ("like", "widths", "expected"),
    [
        (torch.zeros(1), {4, 6}, True),
        (torch.zeros(1), {4, 5}, False),
        (torch.zeros(1, device="meta"), {4, 6}, False),
    ],
)
def test_what_the_low_rank_kernel_takes(like: Tensor, widths: set[int], expected: bool) -> None:
    assert fits(like, widths) == expected


@each_kind
@settings(max_examples=30)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 70), st.booleans()), min_size=1, max_size=3), min_size=1, max_size=3),
    st.integers(0, 9), st.sampled_from([(2, 1), (6, 2), (3, 3)]), st.sampled_from([6, 16, 64]), st.sampled_from([1, 8]),
)  # fmt: skip
def test_attention(
    kind: Kind, slots: list[list[tuple[int, bool]]], prefix: int, heads: tuple[int, int], width: int, multiple: int
) -> None:
    lengths = [[length + prefix for length, _ in rows] for rows in slots]
    shares = [[prefix > 0 and share for _, share in rows] for rows in slots]
    layout, _ = pack(lengths, shares, prefix, CPU, grouped=True, multiple=multiple)
    tokens, scale = layout.positions_T.numel(), width**-0.5
    states = [drawn(tokens, count, width, seed=count) for count in (heads[0], heads[1], heads[1])]
    upstream = drawn(tokens, heads[0], width, seed=9)
    found = []
    for dtype in (torch.float64, kind[0]):
        leaves = [state.to(dtype).requires_grad_() for state in states]
        if dtype == torch.float64:
            out = PackedAttention.apply(*leaves, layout, scale)
        else:
            out = NativeAttention.apply(*leaves, layout, scale, library(*kind))
        out.backward(upstream.to(dtype))
        found.append([out.detach(), *(leaf.grad for leaf in leaves)])
    end = tokens - layout.padding
    for wide, ours in zip(*found, strict=True):
        assert wide is not None
        assert ours is not None
        # Weights near 1 are rounded before what they have in common is taken off.
        size = max(1.0, float(wide[:end].abs().max()))
        assert float((ours[:end].double() - wide[:end]).abs().max()) <= 0.03 * size * NEAR[kind[0]]
        assert not ours[end:].any()


@each_kind
@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 70))
def test_norms(kind: Kind, rows: int, width: int) -> None:
    dtype, part = kind[0], NEAR[kind[0]]
    state, weight, upstream = drawn(1, rows, width, seed=1), drawn(width, seed=2), drawn(1, rows, width, seed=3)
    wide, narrow = state.double().requires_grad_(), state.to(dtype).requires_grad_()
    wanted = RootMeanSquare.apply(wide, weight.double(), 1e-5)
    found = NativeNorm.apply(narrow, weight.to(dtype), 1e-5, library(*kind))
    wanted.backward(upstream.double())
    found.backward(upstream.to(dtype))
    assert wide.grad is not None
    assert narrow.grad is not None
    torch.testing.assert_close(found.detach().double(), wanted.detach(), rtol=2**-6 * part, atol=2**-9 * part)
    torch.testing.assert_close(
        narrow.grad.double(), wide.grad, rtol=2**-6 * part, atol=2**-7 * part * (float(wide.grad.abs().max()) + 1)
    )


class Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = nn.Linear(6, 9), nn.Linear(6, 9), nn.Linear(9, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))  # type: ignore[no-any-return]


class Otherwise(Gated):
    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(functional.gelu(self.gate_proj(x)) * self.up_proj(x))  # type: ignore[no-any-return]


@each_kind
def test_gates(kind: Kind) -> None:
    dtype = kind[0]
    gate = (drawn(5, 33, seed=1) * 8).bfloat16()
    gate[0, :4] = torch.tensor([-300.0, 300.0, 0.0, -88.5])
    up, upstream = drawn(5, 33, seed=2), drawn(5, 33, seed=3)
    wide = [gate.double().requires_grad_(), up.double().requires_grad_()]
    narrow = [gate.to(dtype, copy=True).requires_grad_(), up.to(dtype, copy=True).requires_grad_()]
    (functional.silu(wide[0]) * wide[1]).backward(upstream.double())
    found = NativeGate.apply(*narrow, library(*kind))
    found.backward(upstream.to(dtype))
    near(found.detach(), (functional.silu(wide[0]) * wide[1]).detach())
    for ours, theirs in zip(narrow, wide, strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        near(ours.grad, theirs.grad)


def test_gated_layers_are_known_by_what_they_compute() -> None:
    ours, other = Gated().bfloat16(), Otherwise().bfloat16()
    both = nn.ModuleList([ours, other])
    assert find_gates(both) == (ours,)
    x = drawn(4, 6)
    with torch.no_grad():
        plain = ours(x)
        with gated(find_gates(both), library()):
            near(ours(x), plain)
            assert "forward" in ours.__dict__
    assert "forward" not in ours.__dict__


@each_kind
@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(0, 1000), st.booleans(), st.sampled_from([40, 45]))
def test_loss(kind: Kind, positions: int, seed: int, sharp: bool, vocabulary: int) -> None:
    """Of both kinds of loss, an uncertain or a certain model, absent teachers' ids among the present ones."""
    dtype, k = kind[0], 4
    generator = torch.Generator().manual_seed(seed)
    kl = torch.rand(positions, generator=generator) < 0.5
    rows = torch.full((positions,), -1)
    rows[kl] = torch.arange(int(kl.sum()))
    logprobs, ids = torch.randn(int(kl.sum()), vocabulary, generator=generator).log_softmax(1).topk(k, dim=1)
    logprobs[:, -1], ids[:, -1] = -torch.inf, 0
    targets = Targets(
        torch.randint(0, vocabulary, (positions,), generator=generator), torch.rand(positions, generator=generator),
        rows, ids, logprobs,
    )  # fmt: skip
    head = nn.Linear(8, vocabulary, bias=False).to(dtype).requires_grad_(False)
    # So few digits that logits need no rounding: both see the same ones.
    weight, hidden = (drawn(*shape, seed=seed + n) for n, shape in enumerate([(vocabulary, 8), (positions, 8)]))
    head.weight.copy_(weight.round().clamp(-3, 3) if sharp else weight.mul(4).round().div(8).clamp(-0.5, 0.5))
    hidden = hidden.round().clamp(-3, 3)
    wide, narrow = hidden.double().requires_grad_(), hidden.to(dtype).requires_grad_()
    twin = nn.Linear(8, vocabulary, bias=False).double().requires_grad_(False)
    twin.weight.copy_(head.weight)
    wanted = weighted_losses(wide, twin, targets)
    found = weighted_losses(narrow, head, targets, library(*kind))
    wanted.sum().backward()
    found.sum().backward()
    part = NEAR[dtype]
    torch.testing.assert_close(found.detach().double(), wanted.detach().double(), rtol=0.01 * part, atol=0.01 * part)
    assert wide.grad is not None
    assert narrow.grad is not None
    torch.testing.assert_close(narrow.grad.double(), wide.grad, rtol=0.05 * part, atol=0.05 * part)


@each_kind
@settings(max_examples=30)
@given(
    st.integers(0, 70), st.integers(1, 12), st.integers(1, 12), st.booleans(), st.booleans(), st.sampled_from([1, 2])
)
def test_products_with_packed_weights(
    kind: Kind, rows: int, inputs: int, outputs: int, bias: bool, add: bool, threads: int
) -> None:
    dtype, address = kind[0], parallel()
    packing = NativePacking(library(*kind), dtype, address or 0)
    weight, x = drawn(16 * outputs, 16 * inputs, seed=1).to(dtype), drawn(rows, 16 * inputs).to(dtype)
    of_bias, before = drawn(16 * outputs, seed=3).to(dtype), drawn(rows, 16 * outputs, seed=4).to(dtype)
    usual = torch.get_num_threads()
    try:
        torch.set_num_threads(threads if address else 1)
        found = packing.multiply(x, packing.packed(weight), of_bias if bias else None, before.clone() if add else None)
    finally:
        torch.set_num_threads(usual)
    wanted = x.double() @ weight.double().T
    wanted += (of_bias.double() if bias else 0) + (before.double() if add else 0)
    near(found, wanted, 16 * inputs)


@each_kind
def test_a_row_is_the_same_beside_any_others_in_any_number_of_threads(kind: Kind) -> None:
    dtype = kind[0]
    packing = NativePacking(library(*kind), dtype, parallel() or 0)
    weight, x = drawn(576, 192, seed=1).to(dtype), drawn(200, 192).to(dtype)
    packed = packing.packed(weight)
    whole = packing.multiply(x, packed, None, None)
    usual = torch.get_num_threads()
    try:
        torch.set_num_threads(2 if parallel() else 1)
        for rows in (1, 2, 3, 7, 16, 17, 33, 64, 100, 199, 200):
            assert torch.equal(packing.multiply(x[:rows], packed, None, None), whole[:rows]), rows
    finally:
        torch.set_num_threads(usual)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((16, 24), torch.bfloat16), ((24, 16), torch.bfloat16), ((16, 16), torch.float32)]
)
def test_weights_that_stay_with_torch(shape: tuple[int, int], dtype: torch.dtype) -> None:
    assert not NativePacking(library(), torch.bfloat16, 0).fits(torch.zeros(shape, dtype=dtype))
