"""The written-out gradient of the losses against autograd on a plain float64 formula."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from selfstudy.engine import shapes
from selfstudy.engine.loss import CHUNK, Targets, losses_and_gradient, weighted_losses


def _targets(seed: int, positions: int, vocabulary: int, k: int, padded: bool) -> Targets:
    generator = torch.Generator().manual_seed(seed)
    kl = torch.randint(0, 2, (positions,), generator=generator).bool()
    count = int(kl.sum())
    rows = torch.full((positions,), -1)
    rows[kl] = torch.arange(count)
    probabilities, ids = torch.randn(count, vocabulary, generator=generator).double().log_softmax(1).topk(k, dim=1)
    if padded and k > 1:
        ids[:, -1], probabilities[:, -1] = 0, -math.inf
    return Targets(
        label_S=torch.randint(0, vocabulary, (positions,), generator=generator),
        weight_S=torch.rand(positions, generator=generator).double(),
        kl_row_S=rows, teacher_ids_Qk=ids, teacher_logprobs_Qk=probabilities,
    )  # fmt: skip


def _plainly(logits_SV: Tensor, targets: Targets) -> Tensor:
    """Position by position, from the definition."""
    out = []
    for s in range(len(logits_SV)):
        logprobs = logits_SV[s].log_softmax(0)
        row = int(targets.kl_row_S[s])
        if row < 0:
            out.append(-logprobs[targets.label_S[s]])
            continue
        pairs = [
            (int(i), float(p))
            for i, p in zip(targets.teacher_ids_Qk[row], targets.teacher_logprobs_Qk[row], strict=True)
            if p > -math.inf
        ]
        known = sum((math.exp(p) * (p - logprobs[i]) for i, p in pairs), torch.zeros(()).double())
        teacher_tail = 1 - sum(math.exp(p) for _, p in pairs)
        student_tail = 1 - sum((logprobs[i].exp() for i, _ in pairs), torch.zeros(()).double())
        out.append(known + teacher_tail * (math.log(teacher_tail) - student_tail.log()))
    return torch.stack(out)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 5), st.booleans())
def test_losses_and_gradient(seed: int, positions: int, k: int, padded: bool) -> None:
    targets = _targets(seed, positions, 11, k, padded)
    logits = (2 * torch.randn(positions, 11, generator=torch.Generator().manual_seed(seed + 1))).double()
    leaf = logits.clone().requires_grad_()
    expected = _plainly(leaf, targets)
    (expected * targets.weight_S).sum().backward()
    before = logits.clone()
    loss, gradient = losses_and_gradient(logits, targets)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(gradient * targets.weight_S[:, None], leaf.grad, rtol=1e-10, atol=1e-12)
    assert torch.equal(logits, before), "the logits belong to the caller"


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_hidden_gradient_over_several_chunks(bias: bool, padded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "writes_code", lambda linear: padded)
    positions = CHUNK + 7
    targets = _targets(3, positions, 13, 4, padded=False)
    torch.manual_seed(0)
    head = nn.Linear(8, 13, bias=bias).double().requires_grad_(False)
    hidden = torch.randn(positions, 8).double()
    mine, plain = hidden.clone().requires_grad_(), hidden.clone().requires_grad_()
    loss = weighted_losses(mine, head, targets)
    expected = _plainly(head(plain), targets) * targets.weight_S
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(loss, expected, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(mine.grad, plain.grad, rtol=1e-9, atol=1e-12)
