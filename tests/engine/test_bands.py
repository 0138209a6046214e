"""Bands: the cheapest cut of slots, and products that keep slots apart."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from selfstudy.engine.adapted_linear import AdaptedLinear, Gradients
from selfstudy.engine.bands import bands_of, partition


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


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 120), st.sampled_from([0.5, 2.0])), min_size=1, max_size=5))
@pytest.mark.parametrize("runs_twice", [False, True])
def test_each_slot_gets_what_autograd_gives_it_alone(runs_twice: bool, slots: list[tuple[int, float]]) -> None:
    generator = torch.Generator().manual_seed(len(slots))

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    sizes, scales = [n for n, _ in slots], [scale for _, scale in slots]
    weight, bias = drawn(4, 5), drawn(4)
    x, a, b = drawn(sum(sizes), 5), drawn(len(slots), 2, 5), drawn(len(slots), 4, 2)
    upstream = drawn(sum(sizes), 4)
    gradients = Gradients(torch.full_like(a, torch.nan), torch.full_like(b, torch.nan))
    leaf = x.clone().requires_grad_()
    bands = bands_of(sizes, scales, x)
    arguments = (weight, bias, a.clone().requires_grad_(), b, bands, tuple(band.pad(x) for band in bands), gradients)
    out = AdaptedLinear.apply(leaf, *arguments)
    (out * upstream).sum().backward()
    if runs_twice:
        (AdaptedLinear.apply(leaf.detach(), *arguments) * upstream).sum().backward()
    start = 0
    for slot, (size, scale) in enumerate(slots):
        own = slice(start, start + size)
        inputs = [t.clone().requires_grad_() for t in (x[own], a[slot], b[slot])]
        expected = inputs[0] @ weight.T + bias + scale * (inputs[0] @ inputs[1].T) @ inputs[2].T
        grad_x, grad_a, grad_b = torch.autograd.grad((expected * upstream[own]).sum(), inputs)
        torch.testing.assert_close(out[own], expected)
        assert leaf.grad is not None
        torch.testing.assert_close(leaf.grad[own], grad_x)
        torch.testing.assert_close(gradients.a_KrI[slot], grad_a * (2 if runs_twice else 1))
        torch.testing.assert_close(gradients.b_KOr[slot], grad_b * (2 if runs_twice else 1))
        start += size
