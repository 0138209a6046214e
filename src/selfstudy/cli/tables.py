"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from selfstudy.domain.quiz import Quiz


def before_after(quiz: Quiz, before: Sequence[str], after: Sequence[str]) -> Table:
    """Every question with the base's answer and the learned one, right ones in green."""
    table = Table(title="closed-book: the documents are not in context", show_lines=True)
    for column in ("question", "before", "after", "accepted"):
        table.add_column(column, overflow="fold")
    for question, old, new in zip(quiz, before, after, strict=True):
        table.add_row(
            question.text, _cell(question.accepts(old), old), _cell(question.accepts(new), new), question.answers[0]
        )
    return table


def _cell(right: bool, text: str) -> str:
    from rich.markup import escape

    return f"[green]{escape(text)}[/green]" if right else escape(text)
