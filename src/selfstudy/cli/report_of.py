"""A version of a home as the report shows it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from selfstudy.api.records import open_home
from selfstudy.api.versions import pick
from selfstudy.domain.trial import Standing
from selfstudy.domain.version import Version
from selfstudy.memory.learning_job import DocumentNotes, recorded_notes
from selfstudy.reports.learn_report import KnownDocument, LearnReport, PassageRace, RacedEdit
from selfstudy.reports.page import render
from selfstudy.reports.sources import find_sources
from selfstudy.reports.write import write_report


def write_version_report(home: Path, version: str | None) -> Path:
    """Write the report of a version (the current one) into the home, and return its path.

    Raises:
        ValueError: there is no such version.
    """
    with closing(open_home(home)) as store:
        of, history, current = pick(store, version), store.versions.all(), store.versions.current()
        if of is None and history:
            of = history[-1]  # all were refused: the last one is what there is to see
        if of is None:
            raise ValueError(f"report: nothing was learned in {home} yet; start with `selfstudy learn`")
        notes = [recorded_notes(store.journal, each) for each in of.documents]
        parent = store.versions.get(of.parent) if of.parent else None
    file = home / "reports" / f"{of.name}.html"
    write_report(render(report_of(of, parent, notes, history, current.name if current else None)), file)
    return file


def report_of(
    version: Version,
    parent: Version | None,
    notes: Sequence[DocumentNotes],
    history: Sequence[Version],
    current: str | None,
) -> LearnReport:
    """Everything the page shows; races are those of the documents that this version learned anew."""
    before = {each.notes for each in parent.documents} if parent else set()
    inherited = {each.document for each in version.documents if each.notes in before}
    passages = [p for each in notes for p in each.document.passages]
    return LearnReport(
        version,
        tuple(KnownDocument(n.document.name, len(n.document.passages), n.document.name in inherited) for n in notes),
        versions=tuple(history),
        current=current,
        open_book=version.scores.open_book,
        retrieval=version.scores.retrieval,
        sources=find_sources(version.answered, passages),
        races=tuple(race for each in notes if each.document.name not in inherited for race in _races(each)),
    )


def _races(notes: DocumentNotes) -> list[PassageRace]:
    kept = {edit.identity for edit in notes.notes.kept}
    return [
        PassageRace(p, tuple(_raced(s, s.edit.identity in kept) for s in notes.notes.standings[p.identity]))
        for p in notes.document.passages
    ]


def _raced(standing: Standing, kept: bool) -> RacedEdit:
    last = standing.outcomes[-1]
    if kept:
        why = "it gained"
    elif last.value is None:
        why = f"its trial failed ({last.failure})"
    else:
        why = "it did not gain"
    return RacedEdit(standing, kept, why)
