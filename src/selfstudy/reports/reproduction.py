"""The page about a reproduction: its table beside the paper's, and what each round of the outer loop looked like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from selfstudy.reports import wording

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class PageRow:
    """A row; shares from 0 to 1, the paper's figure in per cent, gains in nats a token; None: not determined."""

    name: str
    accuracy: float | None
    low: float | None
    high: float | None
    likelihood_gain: float | None
    gain_low: float | None
    gain_high: float | None
    n: int
    passages: int
    train_tokens: float
    seconds: float
    failed: int
    paper: float | None


@dataclass(frozen=True)
class PageRound:
    """A round: rewards of its candidates, and how varied what was accepted is."""

    algorithm: str
    round: int
    arm: str
    candidates: int
    accepted: int
    refused: int
    mean: float | None
    best: float | None
    spread: float | None
    distinct: float
    self_overlap: float
    compression: float


@dataclass(frozen=True)
class PageStudy:
    """The reward study as words: columns, a row a reward, and a sentence on the race."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    race: str


def render_reproduction(
    about: str, done: bool, rows: Sequence[PageRow], rounds: Sequence[PageRound], study: PageStudy | None = None
) -> str:
    """The same values give the same text."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["share"] = lambda value: "–" if value is None else f"{100 * value:.1f}"
    environment.filters["signed"] = lambda value: "–" if value is None else wording.signed(value)
    environment.filters["duration"] = wording.duration
    css = Markup((_FOLDER / "page.css").read_text(encoding="utf-8"))
    page = environment.get_template("reproduction.html.jinja")
    return page.render(about=about, done=done, rows=rows, rounds=rounds, study=study, css=css)
