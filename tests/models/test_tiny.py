"""The tiny model: repeatable, and a stand-in for real ones."""

from __future__ import annotations

import pytest
import torch

from selfstudy.models.tiny import tiny_model


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_equal_arguments_give_equal_weights(architecture: str) -> None:
    state = torch.get_rng_state()
    one, same, other = (tiny_model(seed, architecture=architecture) for seed in (1, 1, 2))  # type: ignore[arg-type]
    assert torch.equal(torch.get_rng_state(), state)
    assert one.identity == same.identity != other.identity
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, same.model.state_dict()[name])
    wide = tiny_model(1, dtype=torch.float64, architecture=architecture).model  # type: ignore[arg-type]
    assert {parameter.dtype for parameter in wide.parameters()} == {torch.float64}
    assert not torch.equal(one.model.lm_head.weight, other.model.lm_head.weight)
    assert tiny_model(1, hidden=64).identity != tiny_model(1).identity


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^tiny model: vocab 99 is below the tokenizer's 259 tokens"):
        tiny_model(0, vocab=99)
    with pytest.raises(ValueError, match=r"^tiny model: 4 heads must divide hidden 30"):
        tiny_model(0, hidden=30)
