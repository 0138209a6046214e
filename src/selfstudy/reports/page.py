"""The page about a learning job: one HTML text that needs no network and no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from selfstudy.domain.version import Version
from selfstudy.reports import wording
from selfstudy.reports.bars import Bars, accuracy_bars, retention_bars
from selfstudy.reports.cards import KINDS, cards
from selfstudy.reports.charts import gain_chart, share_chart
from selfstudy.reports.learn_report import KnownDocument, LearnReport, PassageRace
from selfstudy.reports.meaning import meaning
from selfstudy.reports.races import Line, extent, lines, num_rungs

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class _Race:
    """A passage's race as the template takes it."""

    title: str
    document: str
    lines: list[Line]
    chart: Markup | None


def render(report: LearnReport) -> str:
    """The same report gives the same text.

    Documents, questions and answers are untrusted: they appear as text, whatever they hold, and the page forbids its
    browser to run scripts or to load anything.
    """
    version = report.version
    accuracy = accuracy_bars(version.scores, report.open_book, report.retrieval)
    retention = retention_bars(version.scores, has_parent=version.parent is not None)
    races = _races(report.races)
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            version=version,
            current=report.current,
            versions=_history(report.versions, version),
            documents=_documents(report.documents, report.races),
            finding=wording.finding(version.scores),
            accuracy=accuracy,
            accuracy_chart=_chart(accuracy, "Right answers"),
            retention=retention,
            retention_chart=_chart(retention, "Retention"),
            cards=cards(version.answered, report.sources),
            kinds=KINDS,
            races=races,
            rungs=num_rungs(report.races),
            budgets=report.budgets,
            summary=_summary(races),
            meaning=meaning(version.scores, report.retrieval, raced=bool(races)),
            css=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    for form in (wording.of, wording.percent, wording.interval, wording.duration, wording.date):
        environment.filters[form.__name__] = form
    environment.globals.update(gain=wording.gain, counted=wording.counted)
    return environment


def _chart(bars: Bars, about: str) -> Markup | None:
    return share_chart(bars, about) if bars.measured else None


def _races(races: Sequence[PassageRace]) -> list[_Race]:
    rungs = num_rungs(races)
    found = [lines(race.candidates, rungs) for race in races]
    shared = extent([line for each in found for line in each])
    return [
        _Race(
            race.passage.title,
            race.passage.document,
            each,
            gain_chart(each, shared, f"Gain of each candidate for {race.passage.title}") if each else None,
        )
        for race, each in zip(races, found, strict=True)
    ]


def _summary(races: Sequence[_Race]) -> str:
    all_lines = [line for race in races for line in race.lines]
    kept, failed = sum(line.kept for line in all_lines), sum(line.failure is not None for line in all_lines)
    counts = f"{wording.counted(len(all_lines), 'candidate')} for {wording.counted(len(races), 'passage')}: {kept} kept"
    return f"{counts}, {failed} failed." if failed else f"{counts}."


def _history(versions: Sequence[Version], version: Version) -> list[Version]:
    return [*versions, *([] if any(each.name == version.name for each in versions) else [version])]


def _documents(
    documents: Sequence[KnownDocument], races: Sequence[PassageRace]
) -> list[tuple[KnownDocument, int | None]]:
    """Each with the number of self-edits kept of it; None where this job raced none."""
    kept: dict[str, int] = {}
    for race in races:
        found = sum(candidate.kept for candidate in race.candidates)
        kept[race.passage.document] = kept.get(race.passage.document, 0) + found
    return [(document, kept.get(document.name)) for document in documents]
