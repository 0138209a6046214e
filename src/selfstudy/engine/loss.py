"""Losses at trained positions only, over a frozen head, without keeping logits of more than one chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

CHUNK = 256  # positions whose logits exist at once: 256 × 152k × 4 bytes = 155 MB for the widest vocabulary in use


@dataclass(frozen=True)
class Targets:
    """What S positions should predict. `weight_S` already holds each position's share of its slot's mean.

    Cross-entropy positions have `kl_row` -1 and `label_S`; KL positions point into the sparse teacher [Q, k]:
    ids and log-probabilities of its top k, the rest being one tail bucket.
    """

    label_S: Tensor
    weight_S: Tensor
    kl_row_S: Tensor
    teacher_ids_Qk: Tensor
    teacher_logprobs_Qk: Tensor


def position_losses(logits_SV: Tensor, targets: Targets) -> Tensor:
    """Loss of each position [S] in nats: -log p(label), or KL(teacher ‖ student) over top k and tail bucket."""
    logits_SV = logits_SV.double() if logits_SV.dtype == torch.float64 else logits_SV.float()
    total_S = logits_SV.logsumexp(dim=1)
    loss_S = total_S - logits_SV.gather(1, targets.label_S[:, None])[:, 0]
    wanted = (targets.kl_row_S >= 0).nonzero()[:, 0]
    if wanted.numel() == 0:
        return loss_S
    rows = targets.kl_row_S[wanted]
    ids, teacher = targets.teacher_ids_Qk[rows], targets.teacher_logprobs_Qk[rows].to(logits_SV)
    student = logits_SV[wanted].gather(1, ids) - total_S[wanted, None]
    tiny = torch.finfo(logits_SV.dtype).eps
    teacher_tail = (1 - teacher.exp().sum(1)).clamp_min(tiny)
    student_tail = (1 - student.exp().sum(1)).clamp_min(tiny)
    kl = _kl_terms(teacher, student) + teacher_tail * (teacher_tail.log() - student_tail.log())
    return loss_S.index_copy(0, wanted, kl)


def _kl_terms(teacher_Qk: Tensor, student_Qk: Tensor) -> Tensor:
    """Σ p (log p - log q); places padded with teacher log-probability -inf add nothing."""
    present = teacher_Qk > float("-inf")
    safe = teacher_Qk.masked_fill(~present, 0.0)
    return (present * safe.exp() * (safe - student_Qk)).sum(1)


class _ChunkedLoss(torch.autograd.Function):
    """Computes the gradient with respect to the hidden states chunk by chunk during the forward pass."""

    @staticmethod
    def forward(ctx: Any, hidden_SH: Tensor, head: nn.Module, targets: Targets) -> Tensor:
        gradient, losses = torch.zeros_like(hidden_SH), []
        for start in range(0, hidden_SH.shape[0], CHUNK):
            span = slice(start, start + CHUNK)
            piece = Targets(
                targets.label_S[span],
                targets.weight_S[span],
                targets.kl_row_S[span],
                targets.teacher_ids_Qk,
                targets.teacher_logprobs_Qk,
            )
            with torch.enable_grad():
                hidden = hidden_SH[span].detach().requires_grad_()
                loss_s = position_losses(head(hidden), piece) * piece.weight_S
                (gradient[span],) = torch.autograd.grad(loss_s.sum(), hidden)
            losses.append(loss_s.detach())
        ctx.save_for_backward(gradient)
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grads[0].to(gradient)[:, None], None, None


def weighted_losses(hidden_SH: Tensor, head: nn.Module, targets: Targets) -> Tensor:
    """Weighted loss [S] of each trained position, differentiable with respect to `hidden_SH` [S, H]."""
    return _ChunkedLoss.apply(hidden_SH, head, targets)  # type: ignore[no-any-return,no-untyped-call]
