"""Which token comes next: the most likely one, or one of the nucleus by the row's own generator."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import torch
from torch import Tensor

from selfstudy.engine.contract import GenerateRequest, Top
from selfstudy.engine.shapes import few

_NUCLEUS = 256  # top-p is looked for among the most likely tokens first; all are sorted only if these do not reach it


@dataclass
class Row:
    """One continuation at work."""

    number: int
    request: GenerateRequest
    slot: int
    random: random.Random = field(default_factory=random.Random)
    ids: list[int] = field(default_factory=list)
    logprob: float = 0.0
    stopped: bool = False
    watched: int = 0
    top: list[Top] = field(default_factory=list)

    def begin(self) -> None:
        """Stand at the prompt's end; of what `watch` was told already it is not told again."""
        self.random = random.Random(self.request.seed)
        self.ids, self.logprob, self.stopped, self.top = [], 0.0, False, []

    @property
    def done(self) -> bool:
        return self.stopped or len(self.ids) >= self.request.max_new_tokens


def pick(logits_RV: Tensor, rows: list[Row]) -> list[int]:
    """Choose each row's next token, note it on the row, and return it.

    Raises:
        ValueError: a row's `allowed_tokens` allows nothing.
    """
    at_once = few(logits_RV)
    starts = range(0, len(rows), at_once)
    return [t for n in starts for t in _pick(logits_RV[n : n + at_once], rows[n : n + at_once])]


def _pick(logits_RV: Tensor, rows: list[Row]) -> list[int]:
    logits_RV = logits_RV if logits_RV.dtype == torch.float64 else logits_RV.float()
    for i, row in enumerate(rows):
        if row.request.allowed_tokens is not None:
            allowed = list(row.request.allowed_tokens(row.ids))
            if not allowed:
                raise ValueError(f"generate: request {row.number}: allowed_tokens allows nothing after {row.ids}")
            masked = torch.full_like(logits_RV[i], float("-inf"))
            masked[allowed] = logits_RV[i, allowed]
            logits_RV[i] = masked
    total_R = logits_RV.logsumexp(dim=1)
    _note_top(logits_RV, total_R, rows)
    best_R = logits_RV.max(dim=1).indices.tolist()  # the first of equals, as argmax gives it in four times the time
    chosen = [
        best if row.request.temperature == 0 else _sample(logits_RV[i], row)
        for i, (best, row) in enumerate(zip(best_R, rows, strict=True))
    ]
    picked = logits_RV.gather(1, torch.tensor(chosen, device=logits_RV.device)[:, None])[:, 0] - total_R
    for row, token, logprob in zip(rows, chosen, picked.tolist(), strict=True):
        row.logprob += logprob
        if token in row.request.stop_ids:
            row.stopped = True
        else:
            row.ids.append(token)
            if row.request.watch is not None and len(row.ids) > row.watched:
                row.watched = len(row.ids)
                row.request.watch(row.ids)
    return chosen


def _note_top(logits_RV: Tensor, total_R: Tensor, rows: list[Row]) -> None:
    """Note the likeliest tokens on the rows that want them."""
    wanted = [i for i, row in enumerate(rows) if row.request.top_k]
    if not wanted:
        return
    most = min(max(rows[i].request.top_k for i in wanted), logits_RV.shape[1])
    top = logits_RV[wanted].topk(most)
    logprobs = (top.values - total_R[wanted, None]).tolist()
    for i, ids, values in zip(wanted, top.indices.tolist(), logprobs, strict=True):
        count = rows[i].request.top_k
        rows[i].top.append((tuple(ids[:count]), tuple(values[:count])))


def _sample(logits_V: Tensor, row: Row) -> int:
    """Nucleus sampling: one uniform number, inverse of the cumulated probabilities."""
    scaled = logits_V / row.request.temperature
    total = scaled.logsumexp(dim=0)
    for width in (min(_NUCLEUS, scaled.numel()), scaled.numel()):
        top = scaled.topk(width)
        mass = (top.values - total).exp().cumsum(dim=0)
        if float(mass[-1]) >= row.request.top_p or width == scaled.numel():
            break
    size = int((mass < row.request.top_p).sum()) + 1
    mass = mass[:size]
    point = row.random.random() * float(mass[-1])
    return int(top.indices[min(int((mass <= point).sum()), mass.numel() - 1)])
