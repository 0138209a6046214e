"""Figures as words: the page's sentences and the forms of its numbers."""

from __future__ import annotations

from datetime import datetime

from selfstudy.domain.version import Score, Scores
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.intervals import wilson

MINUS = "\N{MINUS SIGN}"


def finding(scores: Scores) -> str:
    """The job's result in one sentence, of what was measured."""
    parts = []
    if scores.before.n and scores.after.n:
        parts.append(f"{of(scores.before)} right before, {scores.after.right} after")
    elif scores.after.n:
        parts.append(f"{of(scores.after)} right after learning")
    if scores.kept.n:
        parts.append(f"{of(scores.kept)} general questions kept")
    return "; ".join(parts) + "." if parts else "No question was asked, so there is nothing to report but the training."


def of(score: Score) -> str:
    """As in "10 of 18"."""
    return f"{score.right} of {score.n}"


def percent(share: float) -> str:
    """As in "56 %"."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def interval(score: Score) -> str:
    """The 95 % Wilson interval of a score, as in "34–75 %"."""
    low, high = wilson(score.right, score.n)
    return f"{100 * low:.0f}–{percent(high)}"


def signed(value: float) -> str:
    """Two places and always a sign; a minus sign, not a hyphen."""
    text = f"{value:+.2f}"
    return text.replace("-", MINUS) if float(text) else "0.00"


def gain(value: float, error: float | None) -> str:
    """As in "+0.95 ± 0.21"; the error is left out where there is none."""
    return signed(value) if error is None else f"{signed(value)} ± {error:.2f}"


def counted(number: int, noun: str) -> str:
    """As in "1 row" and "1,200 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """As in "4 min 16 s"; from an hour on without seconds."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def date(created: str) -> str:
    """An ISO date to the minute; any other text as it is."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    zone = f" {moment.tzname()}" if moment.tzinfo else ""
    return moment.strftime("%Y-%m-%d %H:%M") + zone


def estimated(found: Estimate) -> str:
    """As in "+0.31 (+0.02 to +0.60)"; without an interval where there is none."""
    if found.value is None:
        return "not determined"
    if found.low is None or found.high is None:
        return f"{signed(found.value)} (no interval)"
    return f"{signed(found.value)} ({signed(found.low)} to {signed(found.high)})"
