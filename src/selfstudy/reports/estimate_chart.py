"""Estimates under each other, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from selfstudy.reports.figure import Figure
from selfstudy.reports.scale import axis, scale, ticks
from selfstudy.reports.svg import LABELS, MUTED, OURS, ROW, canvas, to_svg, values
from selfstudy.reports.wording import estimated
from selfstudy.statistics.bootstrap import Estimate

_RIGHT = 18


def estimate_chart(title: str, unit: str, found: Sequence[tuple[str, Estimate | None]]) -> Figure:
    """One that is not determined is named as such; if none or one is, that is said in place of a chart."""
    spoken = "; ".join(f"{name}: {'not determined' if each is None else estimated(each)}" for name, each in found)
    known = [each for _, each in found if each is not None and each.value is not None]
    if len(known) < 2:
        return Figure(title, None, f"{spoken} ({unit})." if found else "Nothing was estimated.")
    rows = [
        {"place": place, "label": name, "value": None if each is None else each.value}
        | {"low": None if each is None else each.low, "high": None if each is None else each.high}
        for place, (name, each) in enumerate(found)
    ]
    at = ticks([end for each in known for end in (each.value, each.low, each.high)])
    x_scale = scale(at)
    y = alt.Y("place:O", axis=None, scale=alt.Scale(domain=list(range(len(rows)))))
    layers = [
        values([{"zero": 0}]).mark_rule(color=MUTED).encode(x=alt.X("zero:Q", scale=x_scale, axis=axis(at, unit))),
        values(rows).mark_text(align="right", dx=-10, limit=LABELS - 10).encode(x=alt.value(0), y=y, text="label:N"),
    ]
    if ranged := [row for row in rows if row["low"] is not None]:
        line = values(ranged).mark_rule(strokeWidth=1.5, color=OURS)
        layers.append(line.encode(y=y, x=alt.X("low:Q", scale=x_scale), x2="high:Q"))
    if valued := [row for row in rows if row["value"] is not None]:
        dot = values(valued).mark_point(size=75, shape="circle", filled=True, color=OURS, opacity=1)
        layers.append(dot.encode(y=y, x=alt.X("value:Q", scale=x_scale)))
    if missing := [row for row in rows if row["value"] is None]:
        said = values(missing).mark_text(align="right", color=MUTED, fontStyle="italic")
        layers.append(said.encode(y=y, x=alt.value("width"), text=alt.value("not determined")))
    chart = canvas(layers, len(rows) * ROW, right=_RIGHT, bottom=44)
    return Figure(title, to_svg(chart, f"{title} ({unit}). {spoken}."), "")
