"""Context distillation: the base with the passage open teaches the learner, which must do without it.

A row is trained on as it stands, without the passage. What each of its trained tokens teaches is the distribution that
the learner's base gives there when it reads the same tokens with the passage before them (Snell et al. 2022, arXiv
2209.15189; Kujanpää et al. 2024, arXiv 2412.14964).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.row import Row
from selfstudy.domain.token_row import TokenRow, TokenTargets
from selfstudy.engine.contract import EngineContract, Score, ScoreRequest

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

TOP_K = 64
"""Tokens a position whose teacher probability is kept; the rest is one tail bucket."""


def distilled(
    engine: EngineContract,
    form: PromptForm,
    studied: Sequence[tuple[Row, Passage]],
    frozen: tuple[Adapter, ...] = (),
    *,
    top_k: int = TOP_K,
) -> tuple[list[TokenRow], list[int]]:
    """Each row with targets, and how many tokens its teacher read. One call computes them all.

    `frozen` are the adapters that make the learner's base; the teacher has them too.

    Raises:
        ValueError: a row has no trained token, or the prompt form trains other ones when the passage is open.
    """
    closed = [form.encode(row) for row, _ in studied]
    opened = [form.encode(row, passage.context) for row, passage in studied]
    for number, (row, teacher) in enumerate(zip(closed, opened, strict=True)):
        if not row.trained:
            raise ValueError(f"distil: row {number} ({studied[number][0].prompt!r:.60}) has no trained token")
        if [row.ids[i] for i in row.trained] != [teacher.ids[i] for i in teacher.trained]:
            raise ValueError(
                f"distil: row {number} ({studied[number][0].target!r:.60}) has other trained tokens with the passage "
                "open; train this model by sft"
            )
    requests = [ScoreRequest(row.ids[: row.trained[-1] + 1], row.trained[0], frozen) for row in opened]
    scores = engine.score(requests, top_k=top_k)
    rows = [_taught(row, teacher, score) for row, teacher, score in zip(closed, opened, scores, strict=True)]
    return rows, [len(request.ids) for request in requests]


def _taught(row: TokenRow, teacher: TokenRow, score: Score) -> TokenRow:
    """The row with the teacher's distributions at its trained positions; `score` begins at the teacher's first."""
    targets = []
    for position, read in zip(row.trained, teacher.trained, strict=True):
        ids, logprobs = score.top[read - teacher.trained[0]]
        targets.append(TokenTargets(position, ids, tuple(min(0.0, logprob) for logprob in logprobs)))
    return replace(row, loss="kl", targets=tuple(targets))
