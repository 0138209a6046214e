"""Seconds a trial of rows, rounds and stages."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from selfstudy.domain.rewarded import Pace
from selfstudy.reports.figure import Figure
from selfstudy.reports.scale import axis, scale, ticks
from selfstudy.reports.svg import INK, OTHER, ROW, canvas, to_svg, values

_LEFT, _RIGHT = 180, 92


def pace_chart(title: str, paces: Sequence[tuple[str, Pace]]) -> Figure:
    """Bars of means with a line from the quickest cohort to the slowest; what made no trial is left out."""
    timed = [(name, p, p.seconds, p.least, p.most) for name, p in paces if p.seconds is not None]
    if not timed:
        return Figure(title, None, "No trial was made, so there is none to time.")
    if len(timed) == 1:
        ((name, pace, seconds, _, _),) = timed
        return Figure(title, None, f"{name} alone made trials: {seconds:.2f} s each, over {pace.trials}.")
    found = [
        {"place": place, "label": name, "seconds": seconds, "least": least, "most": most}
        | {"said": f"{seconds:.2f} s ({pace.trials:,})"}
        for place, (name, pace, seconds, least, most) in enumerate(timed)
    ]
    at = ticks([most for *_, most in timed], most=5)
    y = alt.Y("place:O", axis=None, scale=alt.Scale(domain=list(range(len(found)))))
    x_scale = scale(at)
    every = values(found).encode(y=y)
    layers = [
        every.mark_bar(height=14, color=OTHER).encode(
            x=alt.X("seconds:Q", scale=x_scale, axis=axis(at, "seconds a trial"))
        ),
        every.mark_rule(strokeWidth=1.5, color=INK).encode(x=alt.X("least:Q", scale=x_scale), x2="most:Q"),
        every.mark_text(align="right", dx=-8, limit=_LEFT - 8, fontSize=12).encode(x=alt.value(0), text="label:N"),
        every.mark_text(align="left", dx=10, fontSize=12).encode(x=alt.value("width"), text="said:N"),
    ]
    spoken = "; ".join(f"{name}: {seconds:.2f} s over {pace.trials} trials, cohorts from {least:.2f} to {most:.2f} s"
                       for name, pace, seconds, least, most in timed)  # fmt: skip
    chart = canvas(layers, len(found) * ROW, left=_LEFT, right=_RIGHT, bottom=44)
    return Figure(title, to_svg(chart, f"{title}. {spoken}."), "")
