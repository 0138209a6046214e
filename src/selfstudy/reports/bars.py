"""The bars of the page's two figures of shares, and what is missing there."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.version import Score, Scores
from selfstudy.reports.wording import interval, of, percent


@dataclass(frozen=True)
class Bar:
    """A share of right answers. `meaning` is for the table; `ours` marks the version that the page is about."""

    label: str
    meaning: str
    score: Score
    ours: bool = False


@dataclass(frozen=True)
class Bars:
    """What was measured, and the labels of what was not."""

    measured: tuple[Bar, ...]
    missing: tuple[str, ...]

    @property
    def spoken(self) -> str:
        """All bars in words, for those who cannot see them."""
        return "; ".join(
            f"{b.label}: {of(b.score)}, {percent(b.score.right / b.score.n)}, 95 % interval {interval(b.score)}"
            for b in self.measured
        )


def accuracy_bars(scores: Scores, open_book: Score | None, retrieval: Score | None) -> Bars:
    """One quiz, answered in four ways."""
    return _bars(
        ("before, closed-book", "the model before learning, documents closed", scores.before, False),
        ("before, open-book", "the same, the passage in its context: usually the ceiling", open_book, False),
        ("retrieval (BM25)", "the same, what a search found in its context", retrieval, False),
        ("this version", "after learning, documents closed", scores.after, True),
    )


def retention_bars(scores: Scores, *, has_parent: bool) -> Bars:
    """What is left of what was known before; without a parent no document was learned."""
    general = (
        ("general, routed", "as served: the router chooses base or adapter", scores.kept, True),
        ("general, always on", "the adapter used for every question", scores.kept_always_on, False),
    )
    earlier = (
        (
            "earlier documents, parent",
            "held-out questions on documents that the parent knew",
            scores.earlier_before,
            False,
        ),
        ("earlier documents, now", "the same, as this version answers them", scores.earlier_after, True),
    )
    return _bars(*general, *(earlier if has_parent else ()))


def _bars(*asked: tuple[str, str, Score | None, bool]) -> Bars:
    measured = tuple(Bar(label, meaning, score, ours) for label, meaning, score, ours in asked if score and score.n)
    return Bars(measured, tuple(label for label, _, score, _ in asked if not (score and score.n)))
