"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from selfstudy.domain.version import Answered, Score, Scores
from selfstudy.statistics.intervals import wilson

if TYPE_CHECKING:
    from selfstudy.api.results import History, QuizResult
    from selfstudy.domain.passage import Passage
    from selfstudy.domain.trial import Standing
    from selfstudy.memory.learning_job import DocumentNotes


def before_after(answered: Sequence[Answered]) -> Table:
    """Every question with the base's answer and the learned one, right ones in green with a sign."""
    table = Table(title="closed-book: the documents are not in context", show_lines=True)
    for column in ("question", "before", "after", "accepted"):
        table.add_column(column, overflow="fold")
    for each in answered:
        table.add_row(
            escape(each.question),
            _said(each.right_before, each.before),
            _said(each.right_after, each.after),
            escape(each.accepted[0]),
        )
    return table


def quiz_table(found: QuizResult) -> Table:
    """Each way of answering with its share of right answers and the 95 % interval over questions."""
    table = Table(title=f"{len(found.quiz)} questions")
    for column in ("answered by", "right", "share", "95 % interval"):
        table.add_column(column)
    ways = {
        "the base, closed-book": found.closed_book,
        "the base, document in context": found.open_book,
        "the base, with what BM25 finds": found.retrieval,
        "this version, closed-book": found.version,
    }
    for name, asked in ways.items():
        if asked is None:
            table.add_row(name, "-", "-", "nothing was learned yet")
        else:
            low, high = wilson(asked.score.right, asked.score.n)
            share = f"{asked.score.right / asked.score.n:.0%}"
            table.add_row(name, f"{asked.score.right} of {asked.score.n}", share, f"{low:.0%} to {high:.0%}")
    return table


def history_table(history: History) -> Table:
    """The versions, oldest first; a star marks the one that answers."""
    table = Table(title="versions")
    for column in ("", "version", "parent", "documents", "quiz", "general kept", "earlier documents", "gate"):
        table.add_column(column, overflow="fold")
    for v in history.versions:
        gate = "published" if v.gate.published else f"refused: {'; '.join(v.gate.reasons)}"
        table.add_row(
            "*" if v.name == history.current else "",
            v.name,
            v.parent or "-",
            escape("\n".join(each.document for each in v.documents)),
            f"{v.scores.before.right} -> {v.scores.after.right} of {v.scores.after.n} ({v.scores.quiz})",
            _kept(v.scores.kept),
            _earlier(v.scores),
            escape(gate),
        )
    return table


def _earlier(scores: Scores) -> str:
    then, now = scores.earlier_before, scores.earlier_after
    return f"{then.right} -> {now.right} of {now.n}" if now.n else "-"


def notes_tables(found: Sequence[DocumentNotes], *, dropped: bool) -> Iterator[Table]:
    """A table a self-edit: kept ones with their rows, the others with what they earned."""
    for each in found:
        kept = {edit.identity for edit in each.notes.kept}
        for number, passage in enumerate(each.document.passages, start=1):
            for standing in each.notes.standings[passage.identity]:
                yield _notes_table(
                    each.document.name, number, passage, standing, standing.edit.identity in kept, dropped
                )


def _notes_table(document: str, number: int, passage: Passage, standing: Standing, kept: bool, dropped: bool) -> Table:
    last = standing.outcomes[-1]
    earned = f"{last.value:+.2f} nats a token" if last.value is not None else f"no outcome ({last.failure})"
    heading = f"{document}, passage {number} ({passage.title}): {standing.edit.format}, {earned}"
    table = Table(title=escape(f"{heading}, {'kept' if kept else 'not kept'}"), title_justify="left")
    table.add_column("question", overflow="fold")
    table.add_column("trained on", overflow="fold")
    for row in standing.edit.rows if kept else ():
        table.add_row(escape(row.prompt), escape(row.target))
    if dropped:
        table.add_column("dropped because", overflow="fold")
        for gone in standing.edit.dropped:
            table.add_row(escape(gone.row.prompt), escape(gone.row.target), escape(gone.reason))
    return table


def _kept(score: Score) -> str:
    return f"{score.right} of {score.n}" if score.n else "-"


def _said(right: bool, text: str) -> str:
    return f"[green]+ {escape(text)}[/green]" if right else f"- {escape(text)}"
