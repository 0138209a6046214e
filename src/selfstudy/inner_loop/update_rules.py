"""Update rules by name: how the rows of a self-edit become what the engine trains on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfstudy.domain.directives import UpdateRule
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.row import Row
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.distil import distilled

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Studied = tuple[Sequence[Row], Passage]
"""Rows, and the passage that they are about."""


@dataclass(frozen=True)
class Prepared:
    """Rows ready to be trained on, and how many tokens a teacher read for them."""

    rows: tuple[TokenRow, ...]
    teacher_tokens: int = 0


Rule = Callable[[EngineContract, PromptForm, Sequence[Studied], "tuple[Adapter, ...]"], list[Prepared]]
"""Prepares the rows of several learners whose base has the given adapters; one result for each, in order."""


def sft(
    engine: EngineContract, form: PromptForm, studied: Sequence[Studied], frozen: tuple[Adapter, ...]
) -> list[Prepared]:
    """Supervised fine-tuning: the rows' own tokens are the targets."""
    return [Prepared(tuple(form.encode(row) for row in rows)) for rows, _ in studied]


def distil(
    engine: EngineContract, form: PromptForm, studied: Sequence[Studied], frozen: tuple[Adapter, ...]
) -> list[Prepared]:
    """Context distillation, all learners' targets in one call; see `inner_loop.distil`."""
    flat = [(row, passage) for rows, passage in studied for row in rows]
    rows, read = distilled(engine, form, flat, frozen)
    found, start = [], 0
    for own, _ in studied:
        span = slice(start, start + len(own))
        found.append(Prepared(tuple(rows[span]), sum(read[span])))
        start += len(own)
    return found


RULES: Mapping[UpdateRule, Rule] = {"sft": sft, "distil": distil}
