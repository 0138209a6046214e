"""RMS norms as one autograd node."""

import pytest
import torch
from torch import nn
from transformers.models.gemma.modeling_gemma import GemmaRMSNorm
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from selfstudy.engine.norms import RootMeanSquare, find_norms, normed


def norm_of(dtype: torch.dtype, width: int = 24) -> LlamaRMSNorm:
    torch.manual_seed(3)
    norm = LlamaRMSNorm(width, eps=1e-5)
    norm.weight = nn.Parameter(torch.randn(width), requires_grad=False)
    return norm.to(dtype)


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    state = torch.randn(3, 5, 8, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(8, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: RootMeanSquare.apply(x, weight, 1e-2), (state,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_is_transformers_norm_forward_and_backward(dtype: torch.dtype) -> None:
    norm = norm_of(dtype)
    state = torch.randn(1, 50, 24).to(dtype).requires_grad_()
    grad = torch.randn(1, 50, 24).to(dtype)
    theirs = norm(state)
    (their_grad,) = torch.autograd.grad(theirs, state, grad)
    before = state.detach().clone()
    with normed(find_norms(norm)):
        ours = norm(state)
        (our_grad,) = torch.autograd.grad(ours, state, grad)
    near = {torch.float32: 2e-6, torch.bfloat16: 2**-7}[dtype]
    torch.testing.assert_close(ours, theirs, rtol=near, atol=0)
    torch.testing.assert_close(our_grad, their_grad, rtol=near, atol=near)
    assert torch.equal(state.detach(), before)


def test_the_class_has_its_forward_back_after_the_block() -> None:
    norm = norm_of(torch.float32)
    with normed(find_norms(norm)):
        assert "forward" in norm.__dict__
    assert "forward" not in norm.__dict__


class Shifted(LlamaRMSNorm):
    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return super().forward(hidden_states) * (1 + self.variance_epsilon)


class Other(LlamaRMSNorm):
    """Without epsilon, which counts where states are small."""

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return self.weight * hidden_states * torch.rsqrt(hidden_states.pow(2).mean(-1, keepdim=True))


@pytest.mark.parametrize("other", [Other(8), GemmaRMSNorm(8), nn.LayerNorm(8)])
def test_what_computes_something_else_is_left_alone(other: nn.Module) -> None:
    assert find_norms(nn.ModuleList([other])) == ()


def test_a_norm_that_differs_by_rounding_alone_is_found() -> None:
    assert len(find_norms(nn.ModuleList([norm_of(torch.bfloat16), Shifted(8, eps=1e-8)]))) == 2
