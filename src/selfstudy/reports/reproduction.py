"""The page about a reproduction: its table beside the paper's, and charts of rewards, candidates, tokens and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from selfstudy.domain.rewarded import Pace, Rewarded
from selfstudy.reports import wording
from selfstudy.reports.estimate_chart import estimate_chart
from selfstudy.reports.figure import Figure
from selfstudy.reports.pace_chart import pace_chart
from selfstudy.reports.round_chart import Step, round_chart
from selfstudy.reports.spread_chart import by_title, spread_chart
from selfstudy.reports.token_chart import Reached, token_chart
from selfstudy.statistics.bootstrap import Estimate

_FOLDER = Path(__file__).parent
_OPEN = 12
"""A spread of so many passages at most is shown at once, a longer one when it is asked for."""


@dataclass(frozen=True)
class PageRow:
    """A row; accuracies as shares from 0 to 1, the paper's figure in per cent, gains in nats a token."""

    name: str
    accuracy: Estimate
    likelihood_gain: Estimate
    n: int
    passages: int
    train_tokens: float
    seconds: float
    failed: int
    paper: float | None
    pace: Pace


@dataclass(frozen=True)
class PageRound:
    """A round: its candidates with their rewards, whose unit is `unit`, and how varied what was accepted is."""

    algorithm: str
    round: int
    arm: str
    unit: str
    tried: tuple[Rewarded, ...]
    refused: int
    mean: Estimate
    best: Estimate
    spread: float | None
    distinct: float
    self_overlap: float
    compression: float
    seconds: float
    pace: Pace

    @property
    def accepted(self) -> int:
        return sum(each.accepted for each in self.tried)


@dataclass(frozen=True)
class PageStage:
    """A stage of the reward study: an evaluation of all candidates, or a `rung` of the race."""

    name: str
    rung: bool
    budget: int
    unit: str
    tried: tuple[Rewarded, ...]
    mean: Estimate
    seconds: float
    pace: Pace


@dataclass(frozen=True)
class PageStudy:
    """The reward study as words: columns, a row a reward, and a sentence on the race. `reliability` is that of one
    evaluation, by reward; `tried` are all candidates under all seeds."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    race: str
    reliability: tuple[tuple[str, Estimate | None], ...]
    tried: tuple[Rewarded, ...]


@dataclass(frozen=True)
class Spread:
    """A chart of candidates with its table: by passage, its candidates."""

    figure: Figure
    passages: dict[str, list[Rewarded]]
    unit: str

    @property
    def directed(self) -> bool:
        """Whether any candidate asked for an update of its own."""
        return any(each.directives for siblings in self.passages.values() for each in siblings)

    @property
    def open(self) -> bool:
        return len(self.passages) <= _OPEN


@dataclass(frozen=True)
class ReproductionPage:
    """What the page shows; `about` says of what, `facts` under which settings, `done` whether the run is over. A squad
    run has rows and rounds, a reward run stages and at its end the study."""

    task: Literal["squad", "reward"]
    about: str
    done: bool
    rows: tuple[PageRow, ...] = ()
    rounds: tuple[PageRound, ...] = ()
    stages: tuple[PageStage, ...] = ()
    study: PageStudy | None = None
    facts: tuple[tuple[str, str], ...] = ()


def render_reproduction(page: ReproductionPage) -> str:
    """The same values give the same text."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["share"] = lambda value: "–" if value is None else f"{100 * value:.1f}"
    environment.filters["signed"] = lambda value: "–" if value is None else wording.signed(value)
    environment.filters["breakable"] = lambda name: escape(name).replace("_", Markup("_<wbr>"))
    environment.filters["duration"] = wording.duration
    environment.globals.update(gain=wording.gain, counted=wording.counted)
    return environment.get_template("reproduction.html.jinja").render(
        page=page,
        courses=courses(page),
        spreads=spreads(page),
        tokens=against_tokens(page),
        paces=paces(page),
        reliability=_reliability(page),
        css=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
    )


def courses(page: ReproductionPage) -> list[Figure]:
    """The reward per round of each algorithm, or per rung of the race."""
    found = []
    for algorithm, rounds in groupby(page.rounds, key=lambda each: each.algorithm):
        each = list(rounds)
        # Of a single candidate the best is no other than the mean.
        several = any(len(siblings) > 1 for of in each for siblings in by_title(of.tried).values())
        steps = [Step(str(of.round), of.mean, of.best if several else None) for of in each]
        found.append(round_chart(algorithm, "round", each[0].unit, steps))
    if rungs := [stage for stage in page.stages if stage.rung]:
        steps = [Step(f"{of.budget:,}", of.mean, None) for of in rungs]
        found.append(round_chart("race, those still in it", "rung: tokens trained on", rungs[0].unit, steps))
    return found


def spreads(page: ReproductionPage) -> list[Spread]:
    """Of each round's candidates, or of the study's under all seeds, or, before its end, under each seed so far."""
    if page.study is not None and page.stages:
        unit = page.stages[0].unit
        return [_spread("all candidates, means over seeds", unit, page.study.tried)]
    evaluations = [stage for stage in page.stages if not stage.rung]
    return [_spread(f"{of.algorithm}, round {of.round}", of.unit, of.tried) for of in page.rounds] + [
        _spread(of.name, of.unit, of.tried) for of in evaluations
    ]


def against_tokens(page: ReproductionPage) -> list[Figure]:
    """Accuracy, and beside it the likelihood gain, which also tells rows apart where hardly anything is right."""
    rows = list(enumerate(page.rows, start=1))
    shares = [Reached(n, row.train_tokens, _times(row.accuracy, 100)) for n, row in rows]
    gains = [Reached(n, row.train_tokens, row.likelihood_gain) for n, row in rows]
    if not rows:
        return []
    return [
        token_chart("Accuracy", "right answers, %", shares, "{:.1f} %"),
        token_chart("Likelihood gain", "gain, nats a token", gains),
    ]


def paces(page: ReproductionPage) -> list[Figure]:
    """Of the rows, rounds and stages that made trials."""
    if page.task == "reward":
        return [pace_chart("Stages", [(of.name, of.pace) for of in page.stages])]
    rounds = [(f"{of.algorithm}, round {of.round}", of.pace) for of in page.rounds]
    return [pace_chart("Rows", [(row.name, row.pace) for row in page.rows]), pace_chart("Rounds", rounds)]


def _spread(title: str, unit: str, tried: Sequence[Rewarded]) -> Spread:
    return Spread(spread_chart(title, unit, tried), by_title(tried), unit)


def _reliability(page: ReproductionPage) -> Figure | None:
    if page.study is None:
        return None
    return estimate_chart("Reliability of one evaluation", "share of the variance", page.study.reliability)


def _times(found: Estimate, factor: float) -> Estimate:
    low, value, high = (None if each is None else factor * each for each in (found.low, found.value, found.high))
    return Estimate(value, low, high)
