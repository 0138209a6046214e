"""The reward of an algorithm's rounds: the mean of a passage's candidates and the best of them, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt

from selfstudy.reports.figure import Figure
from selfstudy.reports.scale import axis, scale, ticks
from selfstudy.reports.svg import INK, MUTED, OURS, PAGE, WIDTH, as_it_is, canvas, to_svg, values
from selfstudy.reports.wording import estimated
from selfstudy.statistics.bootstrap import Estimate

_HEIGHT, _LEFT, _RIGHT, _APART, _NAME = 190, 58, 62, 7, 56
"""Pixels; `_NAME` is what a series' name takes beside its first mark."""
_SERIES: tuple[tuple[str, int, int, Literal["left", "right"]], ...] = (
    ("mean", -1, 0, "right"),
    ("best", 1, -1, "left"),
)
"""Each with the side on which it stands and where its name does: the mean's where it begins, the best's where it ends,
since neither lies there on the other's marks."""


@dataclass(frozen=True)
class Step:
    """What is drawn over one place on the axis, which is called `label`; `best` None: it is not shown."""

    label: str
    mean: Estimate
    best: Estimate | None


def round_chart(title: str, across: str, unit: str, steps: Sequence[Step]) -> Figure:
    """`across` names what the places on the axis are ("round"). A single step is said, not drawn."""
    spoken = "; ".join(_spoken(across, step) for step in steps)
    if len([step for step in steps if step.mean.value is not None]) < 2:
        return Figure(title, None, f"{spoken} ({unit}). There is only one, so there is no course to draw."
                      if steps else "No round is done.")  # fmt: skip
    apart = _APART if any(step.best is not None for step in steps) else 0
    found = [
        {"place": place, "series": series, "value": each.value, "low": each.low, "high": each.high}
        | {"colour": colour, "fill": fill, "shape": shape}
        for place, step in enumerate(steps)
        for series, each, colour, fill, shape in (
            ("mean", step.mean, OURS, OURS, "circle"),
            ("best", step.best, MUTED, PAGE, "diamond"),
        )
        if each is not None and each.value is not None
    ]
    at = ticks([v for each in found for v in (each["value"], each["low"], each["high"])])  # type: ignore[misc]
    places, last = list(range(len(steps))), len(steps) - 0.5
    free = _NAME * last / (WIDTH - _LEFT - _RIGHT - _NAME)  # on the left of the first, in places
    x = alt.X(
        "place:Q",
        scale=alt.Scale(domain=[-max(0.5, free), last], nice=False, zero=False),
        axis=alt.Axis(
            values=places,
            tickCount=len(places),
            labelExpr=f"{[step.label for step in steps]}[datum.value]",
            title=across,
            grid=False,
        ),
    )
    y_scale = scale(at)
    layers: list[alt.Chart] = [
        values([{"zero": 0}]).mark_rule(color=MUTED).encode(y=alt.Y("zero:Q", scale=y_scale, axis=axis(at, unit)))
    ]
    for series, side, end, align in _SERIES:
        drawn = [each for each in found if each["series"] == series]
        if not drawn:
            continue
        every = values(drawn).encode(x=x, color=as_it_is("colour"))
        ranged = values([each for each in drawn if each["low"] is not None])
        shift = side * apart
        layers += [
            every.mark_line(strokeWidth=1, strokeDash=[3, 3], xOffset=shift).encode(y=alt.Y("value:Q", scale=y_scale)),
            ranged.mark_rule(strokeWidth=1.5, xOffset=shift).encode(
                x=x, color=as_it_is("colour"), y=alt.Y("low:Q", scale=y_scale), y2="high:Q"
            ),
            every.mark_point(size=75, strokeWidth=1.75, opacity=1, xOffset=shift).encode(
                y=alt.Y("value:Q", scale=y_scale), shape=alt.Shape("shape:N", scale=None),
                stroke=alt.Stroke("colour:N", scale=None), fill=alt.Fill("fill:N", scale=None),
            ),
            values([drawn[end]]).mark_text(align=align, dx=shift + 9 * side, fontSize=12, color=INK).encode(
                x=x, y=alt.Y("value:Q", scale=y_scale), text="series:N"
            ),
        ]  # fmt: skip
    chart = to_svg(canvas(layers, _HEIGHT, left=_LEFT, right=_RIGHT, bottom=44), f"{title}. {spoken}.")
    bare = [step.label for step in steps if step.mean.value is not None and step.mean.low is None]
    without = f"No interval where there is a single passage: {across} {', '.join(bare)}." if bare else ""
    return Figure(title, chart, without)


def _spoken(across: str, step: Step) -> str:
    best = "" if step.best is None else f", best {estimated(step.best)}"
    return f"{across} {step.label}: mean {estimated(step.mean)}{best}"
