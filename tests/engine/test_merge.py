"""Merging an adapter gives what applying it gives, and a base with a name of its own."""

from __future__ import annotations

import pytest
import torch

from selfstudy.engine.contract import ScoreRequest
from tests.engine import small

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 5e-5), (torch.float64, 1e-10)])
def test_merged_is_applied(dtype: torch.dtype, tolerance: float) -> None:
    engine = small.engine(dtype)
    one, two = small.adapter(engine, 1, targets=TARGETS), small.adapter(engine, 2, rank=5)
    prompt = small.ids(1, 15)
    bare, first, both = (
        s.logprobs for s in engine.score([ScoreRequest(prompt, 1, a) for a in ((), (one,), (one, two))])
    )
    engine.merge([one, two])
    (merged,) = engine.score([ScoreRequest(prompt, 1)])
    assert merged.logprobs == pytest.approx(both, abs=tolerance)
    assert merged.logprobs != pytest.approx(first, abs=1e-2)
    assert merged.logprobs != pytest.approx(bare, abs=1e-2)


def test_half_precision_is_summed_in_fp32() -> None:
    engine = small.engine(torch.bfloat16)
    one, two = small.adapter(engine, 1), small.adapter(engine, 2)
    module = next(p.module for p in engine.projections if p.path == "model.layers.0.self_attn.q_proj")
    before = module.weight.float().clone()
    engine.merge([one, two])
    update = sum(
        a.scale * (a.weights["model.layers.0.self_attn.q_proj"][1] @ a.weights["model.layers.0.self_attn.q_proj"][0])
        for a in (one, two)
    )
    assert torch.equal(module.weight, (before + update).bfloat16())


def test_the_identity_follows_what_was_merged() -> None:
    names = set()
    for seeds in ((1,), (2,), (1, 2)):
        engine = small.engine()
        was = engine.identity
        new = engine.merge([small.adapter(engine, seed) for seed in seeds])
        assert new == engine.identity != was
        names.add(new)
    assert len(names) == 3
    again = small.engine()
    assert again.merge([small.adapter(again, 1)]) in names


def test_an_adapter_of_another_base_is_refused_and_nothing_is_merged() -> None:
    engine = small.engine()
    good, was = small.adapter(engine, 1), engine.identity
    other = small.engine(torch.float64)
    weights = {p.path: p.module.weight.clone() for p in engine.projections}
    with pytest.raises(ValueError) as caught:
        engine.merge([good, small.adapter(other, 2)])
    assert str(caught.value) == f"adapter: it belongs to base {other.identity!r}, this base is {was!r}"
    assert engine.identity == was
    for p in engine.projections:
        assert torch.equal(p.module.weight, weights[p.path])
