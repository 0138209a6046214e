"""Losses at trained positions only, over a frozen head, without keeping logits of more than one chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator
from ctypes import CDLL
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from selfstudy.engine.native_rows import log_sum_exp, scaled_softmax_
from selfstudy.engine.packed_linear import back
from selfstudy.engine.shapes import few, multiple_of_positions

CHUNK = 128
"""Positions whose logits exist at once, at most. On a processor the memory for them is taken once and used again for
each chunk: fresh pages for the logits of 200 positions cost more than the softmax (50 ms, 6 for 128 in used ones)."""
_SURE = 1e-30
"""Probabilities below this have lost digits in float32, or all."""


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

    def of(self, positions: slice) -> Targets:
        """Those of some of the positions."""
        return replace(
            self, label_S=self.label_S[positions], weight_S=self.weight_S[positions], kl_row_S=self.kl_row_S[positions]
        )


def losses_and_gradient(logits_SV: Tensor, targets: Targets, into_SV: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Each position's loss [S] in nats and its gradient [S, V] with respect to the logits, written to `into_SV`.

    The loss is -log p(label), or KL(teacher ‖ student) over the teacher's top k and a tail bucket. The gradient is
    written out instead of traced: with 49k to 152k logits a position every pass over them counts. For logits z,
    p = softmax(z): cross-entropy has p - onehot(label). The KL loss depends on z through s_i = z_i - logsumexp(z) of
    the top k; with g_i = ∂loss/∂s_i its gradient is g_j - p_j Σ g_i (g_j = 0 outside of the top k).
    """
    wide = torch.float64 if logits_SV.dtype == torch.float64 else torch.float32
    gradient_SV = torch.softmax(logits_SV, dim=1, dtype=wide, out=into_SV)
    loss_S = -_logprobs(logits_SV, gradient_SV, targets.label_S[:, None])[:, 0]
    onehot_S = gradient_SV.new_full(loss_S.shape, -1.0)
    wanted = (targets.kl_row_S >= 0).nonzero()[:, 0]
    if not wanted.numel():
        return loss_S, gradient_SV.scatter_add_(1, targets.label_S[:, None], onehot_S[:, None])
    rows = targets.kl_row_S[wanted]
    ids, teacher = targets.teacher_ids_Qk[rows], targets.teacher_logprobs_Qk[rows].to(wide)
    loss, slope = _kl(teacher, _logprobs(logits_SV[wanted], gradient_SV[wanted], ids))
    loss_S = loss_S.index_copy(0, wanted, loss)
    onehot_S[wanted] = 0
    gradient_SV.mul_(torch.ones_like(loss_S).index_copy_(0, wanted, -slope.sum(1))[:, None])
    gradient_SV.scatter_add_(1, targets.label_S[:, None], onehot_S[:, None])
    gradient_SV.index_put_((wanted[:, None].expand_as(ids), ids), slope, accumulate=True)
    return loss_S, gradient_SV


def _logprobs(logits_SV: Tensor, p_SV: Tensor, ids_Sk: Tensor) -> Tensor:
    """Log-probabilities [S, k] of `ids_Sk`; from the logits again where the probabilities do not tell."""
    chosen_Sk = p_SV.gather(1, ids_Sk)
    unsure = (chosen_Sk < _SURE).any(1).nonzero()[:, 0]
    logprobs_Sk = chosen_Sk.log()
    if unsure.numel():
        exactly = logits_SV[unsure].log_softmax(1, dtype=p_SV.dtype)
        logprobs_Sk[unsure] = exactly.gather(1, ids_Sk[unsure])
    return logprobs_Sk


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


class _InPieces:
    """Losses and gradients of a chunk by torch's operators, a few rows at a time, into memory that is used again."""

    def __init__(self, gradient_sV: Tensor, wide: torch.dtype) -> None:
        self.gradient_sV, self._at_once = gradient_sV, few(gradient_sV)
        size, V = gradient_sV.shape
        same = gradient_sV.dtype == wide
        self._wide_sV = None if same else gradient_sV.new_empty(min(size, self._at_once), V, dtype=wide)

    def losses(self, logits_sV: Tensor, targets: Targets) -> Iterator[Tensor]:
        """Leaves the gradient in the first rows of `gradient_sV`."""
        count = len(logits_sV)
        for first in range(0, count, self._at_once):
            few_s = slice(first, min(first + self._at_once, count))
            into_sV = self.gradient_sV[few_s] if self._wide_sV is None else self._wide_sV[: few_s.stop - first]
            loss_s, _ = losses_and_gradient(logits_sV[few_s], targets.of(few_s), into_sV)
            if self._wide_sV is not None:
                self.gradient_sV[few_s].copy_(into_sV)
            yield loss_s


def _natively(logits_SV: Tensor, targets: Targets, kernels: CDLL) -> Tensor:
    """The losses [S] of `losses_and_gradient`; the logits become its gradient, rounded once."""
    sums_S = log_sum_exp(logits_SV, kernels)
    label_S1 = targets.label_S[:, None]
    label_logprob_S = logits_SV.gather(1, label_S1).float()[:, 0] - sums_S
    loss_S, scale_S = -label_logprob_S, torch.ones_like(sums_S)
    of_label_S = label_logprob_S.exp() - 1
    wanted = (targets.kl_row_S >= 0).nonzero()[:, 0]
    if not wanted.numel():
        scaled_softmax_(logits_SV, sums_S, scale_S, kernels)
        logits_SV.scatter_(1, label_S1, of_label_S[:, None].to(logits_SV.dtype))
        return loss_S
    rows = targets.kl_row_S[wanted]
    ids, teacher = targets.teacher_ids_Qk[rows], targets.teacher_logprobs_Qk[rows].to(sums_S.dtype)
    student = logits_SV[wanted].gather(1, ids).float() - sums_S[wanted, None]
    loss, slope = _kl(teacher, student)
    scale_S[wanted] = -slope.sum(1)
    scaled_softmax_(logits_SV, sums_S, scale_S, kernels)
    hard = (targets.kl_row_S < 0).nonzero()[:, 0]
    logits_SV[hard, targets.label_S[hard]] = of_label_S[hard].to(logits_SV.dtype)
    present = teacher > float("-inf")  # others all have id 0, which may be a present one, too
    of_ids = slope + student.exp() * scale_S[wanted, None]
    logits_SV[wanted[:, None].expand_as(ids)[present], ids[present]] = of_ids[present].to(logits_SV.dtype)
    return loss_S.index_copy(0, wanted, loss)


class _ChunkedLoss(torch.autograd.Function):
    """Computes the gradient with respect to the hidden states chunk by chunk during the forward pass."""

    @staticmethod
    def forward(ctx: Any, hidden_SH: Tensor, head: nn.Module, targets: Targets, kernels: CDLL | None) -> Tensor:
        weight_VH = head.get_parameter("weight")
        S, V = hidden_SH.shape[0], weight_VH.shape[0]
        multiple = multiple_of_positions(head)
        size = math.ceil(S / max(1, math.ceil(S / CHUNK)))  # chunks of about equal size
        size += -size % multiple
        if S % multiple:
            hidden_SH = functional.pad(hidden_SH, (0, 0, 0, -S % multiple))
        wide = torch.float64 if hidden_SH.dtype == torch.float64 else torch.float32
        pieces = _InPieces(hidden_SH.new_empty(size, V, dtype=weight_VH.dtype), wide) if kernels is None else None
        gradient, losses = torch.empty_like(hidden_SH), []
        for start in range(0, S, max(1, size)):
            whole = slice(start, start + size)
            own = targets.of(whole)
            logits_sV, count = head(hidden_SH[whole]), own.label_S.numel()
            if pieces is None:
                assert kernels is not None
                gradient_sV = logits_sV
                losses.append(_natively(logits_sV[:count], own, kernels))
            else:
                gradient_sV = pieces.gradient_sV[: len(logits_sV)]
                losses += pieces.losses(logits_sV[:count], own)
            gradient_sV[count:] = 0
            gradient[whole] = back(head, gradient_sV)
        weight_S = targets.weight_S.to(wide)
        gradient[:S].mul_(weight_S[:, None])
        ctx.save_for_backward(gradient[:S])
        return torch.cat(losses) * weight_S

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return gradient * grads[0].to(gradient)[:, None], None, None, None


def weighted_losses(hidden_SH: Tensor, head: nn.Module, targets: Targets, kernels: CDLL | None = None) -> Tensor:
    """Weighted loss [S] of each trained position, differentiable with respect to `hidden_SH` [S, H]."""
    return _ChunkedLoss.apply(hidden_SH, head, targets, kernels)  # type: ignore[no-any-return,no-untyped-call]
