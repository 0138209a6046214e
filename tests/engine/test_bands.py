"""Bands: the cheapest cut of slots, and products that keep slots apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.engine.adapted_linear import AdaptedLinear
from selfstudy.engine.bands import BandedProducts, bands_of, partition
from selfstudy.engine.slot_products import Gradients


@given(st.lists(st.integers(1, 300), min_size=1, max_size=7), st.integers(0, 200))
def test_no_other_cut_costs_less(sizes: list[int], call: int) -> None:
    def cost(cuts: tuple[int, ...]) -> int:
        edges = [0, *cuts, len(sizes)]
        return sum(call + (b - a) * max(sizes[a:b]) for a, b in pairwise(edges))

    runs = partition(sizes, call)
    assert [n for run in runs for n in range(*run)] == list(range(len(sizes)))
    places = range(1, len(sizes))
    least = min(cost(cuts) for count in range(len(sizes)) for cuts in combinations(places, count))
    assert cost(tuple(first for first, _ in runs[1:])) == least


@given(st.lists(st.tuples(st.integers(1, 120), st.sampled_from([0.5, 2.0])), min_size=1, max_size=5))
@pytest.mark.parametrize("runs_twice", [False, True])
@pytest.mark.parametrize("updated", [[0], [0, 2], [0, 1, 2]])
def test_each_slot_gets_what_autograd_gives_it_alone(
    updated: list[int], runs_twice: bool, slots: list[tuple[int, float]]
) -> None:
    generator = torch.Generator().manual_seed(len(slots))

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    sizes, scales = [n for n, _ in slots], [scale for _, scale in slots]
    widths = [4, 3, 6]
    frozen = [torch.nn.Linear(5, width, bias=width == 4, dtype=torch.float64) for width in widths]
    for parameter in (parameter for module in frozen for parameter in module.parameters()):
        parameter.requires_grad_(False).copy_(drawn(*parameter.shape))
    x = drawn(sum(sizes), 5)
    a_KrI = [drawn(len(slots), 2, 5) for _ in updated]
    b_KOr = [drawn(len(slots), widths[number], 2) for number in updated]
    upstream = [drawn(sum(sizes), width) for width in widths]
    joined = torch.cat(a_KrI, 1)
    gradients = Gradients(torch.full_like(joined, torch.nan), tuple(torch.full_like(b, torch.nan) for b in b_KOr))
    leaf = x.clone().requires_grad_()
    products = BandedProducts(bands_of(sizes, scales, x))
    arguments = (joined.clone().requires_grad_(), b_KOr, frozen, updated, products, gradients)

    def loss(outputs: Sequence[torch.Tensor]) -> torch.Tensor:
        return sum(((out * up).sum() for out, up in zip(outputs, upstream, strict=True)), torch.zeros(()))

    outputs = AdaptedLinear.apply(leaf, *arguments)
    loss(outputs).backward()
    if runs_twice:
        loss(AdaptedLinear.apply(leaf.detach(), *arguments)).backward()
    start = 0
    for slot, (size, scale) in enumerate(slots):
        own = slice(start, start + size)
        inputs = [t.clone().requires_grad_() for t in (x[own], *(a[slot] for a in a_KrI), *(b[slot] for b in b_KOr))]
        of_a, of_b = inputs[1 : 1 + len(updated)], inputs[1 + len(updated) :]
        total = torch.zeros((), dtype=torch.float64)
        for number, module in enumerate(frozen):
            expected = inputs[0] @ module.weight.T + (0 if module.bias is None else module.bias)
            if number in updated:
                n = updated.index(number)
                expected = expected + scale * (inputs[0] @ of_a[n].T) @ of_b[n].T
            torch.testing.assert_close(outputs[number][own], expected)
            total = total + (expected * upstream[number][own]).sum()
        grad_x, *grads = torch.autograd.grad(total, inputs)
        times = 2 if runs_twice else 1
        assert leaf.grad is not None
        torch.testing.assert_close(leaf.grad[own], grad_x)
        torch.testing.assert_close(gradients.a_KnI[slot], torch.cat(grads[: len(updated)]) * times)
        for into, grad in zip(gradients.b_KOr, grads[len(updated) :], strict=True):
            torch.testing.assert_close(into[slot], grad * times)
        start += size
