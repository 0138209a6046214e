"""Hold the base in place: its own answers to general prompts, as KL targets of its full behaviour there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.token_row import TokenRow, TokenTargets
from selfstudy.engine.contract import EngineContract, GenerateRequest

TOP_K = 32
"""Tokens a position whose teacher probability is kept; the rest is one tail bucket."""
MAX_NEW_TOKENS = 16
"""Length of the base's answers."""


def general_prompts() -> tuple[str, ...]:
    """The project's own general prompts; none of them is in a probe."""
    lines = (Path(__file__).parent / "general_prompts.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def retention_probe() -> Quiz:
    """The project's own general questions, which measure forgetting; none of them is trained on."""
    lines = (Path(__file__).parent / "retention_probe.jsonl").read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines if line.strip()]
    return tuple(Question(item["question"], tuple(item["answers"])) for item in items)


def general_rows(
    engine: EngineContract, form: PromptForm, prompts: Sequence[str], *, max_new_tokens: int = MAX_NEW_TOKENS
) -> tuple[TokenRow, ...]:
    """One row a prompt: the base's greedy answer, each of its tokens with the base's top-k distribution.

    Training on them with loss "kl" asks the adapter to leave the base's behaviour alone, not merely its best guess.
    """
    asked = [form.question_prompt(prompt) for prompt in prompts]
    replies = engine.generate([GenerateRequest(ids, max_new_tokens, form.stop_ids, top_k=TOP_K) for ids in asked])
    rows = []
    for prompt, reply in zip(asked, replies, strict=True):
        first, ids = len(prompt), prompt + reply.ids + ((form.end_of_turn,) if reply.stopped else ())
        targets = tuple(
            TokenTargets(first + i, top_ids, tuple(min(0.0, p) for p in logprobs))
            for i, (top_ids, logprobs) in enumerate(reply.top)
        )
        weights = (0.0,) * first + (1.0,) * (len(ids) - first)
        rows.append(TokenRow(ids, weights, "kl", targets))
    return tuple(rows)
