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


def losses_and_gradient(logits_SV: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Each position's loss [S] in nats and the gradient [S, V] of the weighted sum with respect to its logits.

    The loss is -log p(label), or KL(teacher ‖ student) over the teacher's top k and a tail bucket. The gradient is
    written out instead of traced: with 49k to 152k logits a position every pass over them counts. For logits z,
    p = softmax(z): cross-entropy has p - onehot(label). The KL loss depends on z through s_i = z_i - logsumexp(z) of
    the top k; with g_i = ∂loss/∂s_i its gradient is g_j - p_j Σ g_i (g_j = 0 outside of the top k).
    """
    wide = torch.float64 if logits_SV.dtype == torch.float64 else torch.float32
    # One fused pass; logsumexp would take several (measured: a tenth of a training step of the 135M model).
    logprobs_SV = logits_SV.log_softmax(dim=1, dtype=wide)
    loss_S = -logprobs_SV.gather(1, targets.label_S[:, None])[:, 0]
    weight_S = targets.weight_S.to(wide)
    onehot_S, softmax_S = -weight_S, weight_S.clone()
    wanted = (targets.kl_row_S >= 0).nonzero()[:, 0]
    extra: tuple[Tensor, Tensor, Tensor] | None = None
    if wanted.numel():
        rows = targets.kl_row_S[wanted]
        ids, teacher = targets.teacher_ids_Qk[rows], targets.teacher_logprobs_Qk[rows].to(wide)
        loss, slope = _kl(teacher, logprobs_SV[wanted[:, None], ids])
        loss_S = loss_S.index_copy(0, wanted, loss)
        onehot_S[wanted] = 0
        softmax_S[wanted] *= -slope.sum(1)
        extra = (wanted[:, None].expand_as(ids), ids, slope * weight_S[wanted, None])
    gradient_SV = logprobs_SV.exp_().mul_(softmax_S[:, None])
    gradient_SV.scatter_add_(1, targets.label_S[:, None], onehot_S[:, None])
    if extra is not None:
        gradient_SV.index_put_(extra[:2], extra[2], accumulate=True)
    return loss_S, gradient_SV


def _kl(teacher_Qk: Tensor, student_Qk: Tensor) -> tuple[Tensor, Tensor]:
    """KL [Q] over top k and tail, and its slope [Q, k] in the student's log-probabilities.

    Places padded with teacher log-probability -inf count in neither.
    """
    present = teacher_Qk > float("-inf")
    teacher_p, student_p = teacher_Qk.exp(), student_Qk.exp() * present
    tiny = torch.finfo(student_Qk.dtype).eps
    teacher_tail = (1 - teacher_p.sum(1)).clamp_min(tiny)
    left = 1 - student_p.sum(1)
    student_tail = left.clamp_min(tiny)
    known = (teacher_p * (teacher_Qk.masked_fill(~present, 0.0) - student_Qk)).sum(1)
    loss = known + teacher_tail * (teacher_tail.log() - student_tail.log())
    pull = torch.where(left > tiny, teacher_tail / student_tail, torch.zeros_like(left))
    return loss, pull[:, None] * student_p - teacher_p


class _ChunkedLoss(torch.autograd.Function):
    """Computes the gradient with respect to the hidden states chunk by chunk during the forward pass."""

    @staticmethod
    def forward(ctx: Any, hidden_SH: Tensor, head: nn.Module, targets: Targets) -> Tensor:
        gradient, losses = torch.zeros_like(hidden_SH), []
        weight_VH = head.get_parameter("weight")
        for start in range(0, hidden_SH.shape[0], CHUNK):
            span = slice(start, start + CHUNK)
            piece = Targets(
                targets.label_S[span],
                targets.weight_S[span],
                targets.kl_row_S[span],
                targets.teacher_ids_Qk,
                targets.teacher_logprobs_Qk,
            )
            loss_s, gradient_sV = losses_and_gradient(head(hidden_SH[span]), piece)
            gradient[span] = gradient_sV.to(weight_VH.dtype) @ weight_VH
            losses.append(loss_s * piece.weight_S)
        ctx.save_for_backward(gradient)
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grads[0].to(gradient)[:, None], None, None


def weighted_losses(hidden_SH: Tensor, head: nn.Module, targets: Targets) -> Tensor:
    """Weighted loss [S] of each trained position, differentiable with respect to `hidden_SH` [S, H]."""
    return _ChunkedLoss.apply(hidden_SH, head, targets)  # type: ignore[no-any-return,no-untyped-call]
