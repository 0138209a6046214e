"""The page's two kinds of chart: shares as bars, gains as dots."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
from markupsafe import Markup

from selfstudy.reports.bars import Bars
from selfstudy.reports.races import Line
from selfstudy.reports.svg import INK, LABELS, MUTED, OTHER, OURS, PAGE, ROW, as_it_is, canvas, to_svg, values
from selfstudy.reports.wording import MINUS, gain, of
from selfstudy.statistics.intervals import wilson


def share_chart(bars: Bars, about: str) -> Markup:
    """Bars from 0 to 100 % with their Wilson intervals, labels on the left and counts on the right."""
    found = []
    for place, bar in enumerate(bars.measured):
        low, high = wilson(bar.score.right, bar.score.n)
        found.append(
            {"place": place, "label": bar.label, "count": of(bar.score), "colour": OURS if bar.ours else OTHER}
            | {"share": 100 * bar.score.right / bar.score.n, "low": 100 * low, "high": 100 * high}
        )
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(values=[0, 25, 50, 75, 100], labelExpr="datum.label + '\u00a0%'", title=None)
    every = values(found).encode(y=_rows(len(found)))
    ends = [
        every.mark_tick(thickness=1.5, size=8, color=INK).encode(x=alt.X(end, type="quantitative", scale=scale))
        for end in ("low", "high")
    ]
    layers = [
        every.mark_bar(height=16).encode(x=alt.X("share:Q", axis=axis, scale=scale), color=as_it_is("colour")),
        every.mark_rule(strokeWidth=1.5, color=INK).encode(x=alt.X("low:Q", scale=scale), x2="high:Q"),
        *ends,
        _labels(every),
        every.mark_text(align="left", dx=12).encode(x=alt.value("width"), text="count:N"),
    ]
    return to_svg(canvas(layers, len(found) * ROW, right=84), f"{about}. {bars.spoken}.")


def gain_chart(lines: Sequence[Line], extent: tuple[float, float], about: str) -> Markup:
    """A dot a candidate with its standard error; a diamond dropped out early, a filled mark was kept."""
    found = [_dot(place, line) for place, line in enumerate(lines)]
    scale = alt.Scale(domain=list(extent) if extent[0] < extent[1] else [0, 1], nice=5)
    axis = alt.Axis(tickCount=5, labelExpr=f"replace(datum.label, '-', '{MINUS}')", title=None)
    every = values(found).encode(y=_rows(len(found)))
    measured = every.transform_filter("datum.measured")
    mark = measured.mark_point(size=75, strokeWidth=1.75, opacity=1).encode(
        x=alt.X("gain:Q", scale=scale), shape=alt.Shape("shape:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None), fill=alt.Fill("fill:N", scale=None),
    )  # fmt: skip
    missing = every.transform_filter("!datum.measured").mark_text(align="right", color=MUTED, fontStyle="italic")
    layers = [
        values([{"zero": 0}]).mark_rule(color=MUTED).encode(x=alt.X("zero:Q", scale=scale, axis=axis)),
        measured.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q", color=as_it_is("colour")
        ),
        mark,
        _labels(every),
        missing.encode(x=alt.value("width"), text=alt.value("not measured")),
    ]
    spoken = [f"{x.edit.format}: {'not measured' if x.value is None else gain(x.value, x.error)}" for x in lines]
    return to_svg(canvas(layers, len(found) * ROW, right=18), f"{about}. {'; '.join(spoken)}.")


def _dot(place: int, line: Line) -> dict[str, object]:
    value, error, colour = line.value or 0.0, line.error or 0.0, OURS if line.kept else MUTED
    return (
        {"place": place, "label": line.edit.format, "measured": line.value is not None}
        | {"gain": value, "low": value - error, "high": value + error, "colour": colour}
        | {"fill": colour if line.kept else PAGE, "shape": "circle" if line.finished else "diamond"}
    )


def _rows(num: int) -> alt.Y:
    return alt.Y("place:O", axis=None, scale=alt.Scale(domain=list(range(num))))


def _labels(every: alt.Chart) -> alt.Chart:
    labels: alt.Chart = every.mark_text(align="right", dx=-10, limit=LABELS - 10).encode(x=alt.value(0), text="label:N")
    return labels
