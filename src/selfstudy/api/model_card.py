"""The README.md of an export: a model card, for people and for the Hugging Face hub."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from selfstudy.api.origin import Origin
from selfstudy.domain.version import Score, Scores, Version
from selfstudy.inner_loop.ask import ANSWER_TOKENS
from selfstudy.statistics.intervals import wilson

QUESTION = "QUESTION"
"""Stands for the question in a card's prompt."""


@dataclass(frozen=True)
class Agreement:
    """How a merged model answered when it was loaded again: as base and adapter do together (`same`), and rightly.

    `right` is None where no question had a known answer.
    """

    same: Score
    right: Score | None


@dataclass(frozen=True)
class _Row:
    """A line of the table of scores."""

    what: str
    score: Score
    share: str
    low: str
    high: str


def model_card(
    version: Version,
    origin: Origin,
    *,
    prompt: str,
    stop_ids: tuple[int, ...],
    program: str,
    dtype: str = "",
    merged: Agreement | None = None,
) -> str:
    """The card of a version's adapter, or of the merged model if it is told how that answered.

    `prompt` is what the model reads, with QUESTION in it; `stop_ids` end its reply; `program` is selfstudy's version
    and `dtype` what merged weights were rounded to.
    """
    return (
        _environment()
        .get_template("model_card.md.jinja")
        .render(
            version=version, origin=origin, prompt=prompt, stop_ids=stop_ids, program=program, dtype=dtype,
            merged=merged, kept=version.scores.kept_always_on, answer_tokens=ANSWER_TOKENS,
            rows=_rows(version.scores, merged),
        )
    )  # fmt: skip


def _rows(scores: Scores, merged: Agreement | None) -> list[_Row]:
    asked = {
        "the quiz, base": scores.before,
        "the quiz, base with the document in context": scores.open_book,
        "the quiz, base with what BM25 finds": scores.retrieval,
        "the quiz, this version behind its router": scores.after,
        "**the quiz, this export**": merged.right if merged else None,
        "general questions kept, behind the router": scores.kept,
        "**general questions kept, always on: this export**": scores.kept_always_on,
        "held-out questions on earlier documents, parent behind its router": scores.earlier_before,
        "held-out questions on earlier documents, this version behind its router": scores.earlier_after,
    }
    rows = []
    for what, score in asked.items():
        if score is not None and score.n:
            low, high = wilson(score.right, score.n)
            rows.append(_Row(what, score, f"{score.right / score.n:.0%}", f"{low:.0%}", f"{high:.0%}"))
    return rows


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"quoted": _quoted, "flat": _flat, "code": _code}
    return environment


def _quoted(text: str) -> str:
    """A JSON text, which is one in YAML and in Python too."""
    return json.dumps(text, ensure_ascii=False)


def _flat(text: str) -> str:
    """On one line."""
    return " ".join(text.split())


def _code(text: str) -> str:
    """As code in Markdown: the fence is longer than any run of back quotes inside."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{fence}{space}{_flat(text)}{space}{fence}"
