"""The candidates of a round, passage by passage: each one's reward with its standard error."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from selfstudy.domain.rewarded import Rewarded
from selfstudy.reports.figure import Figure
from selfstudy.reports.scale import axis, scale, ticks
from selfstudy.reports.svg import LABELS, MUTED, OURS, PAGE, as_it_is, canvas, to_svg, values
from selfstudy.reports.wording import counted, gain

_LINE, _GAP, _RIGHT = 9, 10, 18
"""Pixels from one candidate to the next, and more between passages."""


def by_title(tried: Sequence[Rewarded]) -> dict[str, list[Rewarded]]:
    """Siblings by their passage's title; passages that share one are told apart by numbers."""
    groups: dict[str, list[Rewarded]] = {}
    for each in tried:
        groups.setdefault(each.passage, []).append(each)
    titles = [found[0].title for found in groups.values()]
    place: dict[str, int] = {}
    named = {}
    for title, found in zip(titles, groups.values(), strict=True):
        place[title] = place.get(title, 0) + 1
        named[title if titles.count(title) == 1 else f"{title} ({place[title]})"] = found
    return named


def spread_chart(title: str, unit: str, tried: Sequence[Rewarded]) -> Figure:
    """A mark a candidate, filled if it was accepted, in a line of its own below its passage's others."""
    groups = by_title(tried)
    found = [each.reward for each in tried if each.reward is not None]
    if not found:
        return Figure(title, None, f"None of the {counted(len(tried), 'candidate')} has a reward: every trial failed."
                      if tried else "No candidate was tried.")  # fmt: skip
    if len(set(found)) == 1:
        whom = "The only candidate with a reward has" if len(found) == 1 else f"All {len(found)} candidates have"
        return Figure(title, None, f"{whom} {found[0]:.2f} ({unit}): there is no spread.")
    heights = [len(each) * _LINE + _GAP for each in groups.values()]
    tops = [sum(heights[:n]) for n in range(len(heights))]
    marks, labels, lines = [], [], []
    for top, height, (name, siblings) in zip(tops, heights, groups.items(), strict=True):
        labels.append({"y": top + height / 2, "label": name})
        lines.append({"y": top})
        for n, each in enumerate(siblings):
            marks.append(_mark(top + _GAP / 2 + (n + 0.5) * _LINE, each))
    at = ticks([each[end] for each in marks if each["measured"] for end in ("low", "high")])  # type: ignore[misc]
    x_scale = scale(at)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, sum(heights)], range=[0, sum(heights)], nice=False))
    every = values([each for each in marks if each["measured"]]).encode(y=y)
    layers = [
        values(lines).mark_rule(color="var(--line)").encode(y=y, x=alt.value(-LABELS), x2=alt.value("width")),
        values([{"zero": 0}]).mark_rule(color=MUTED).encode(x=alt.X("zero:Q", scale=x_scale, axis=axis(at, unit))),
        every.mark_rule(strokeWidth=1.25).encode(
            x=alt.X("low:Q", scale=x_scale), x2="high:Q", color=as_it_is("colour")
        ),
        every.mark_point(size=40, strokeWidth=1.5, opacity=1).encode(
            x=alt.X("reward:Q", scale=x_scale), stroke=alt.Stroke("colour:N", scale=None),
            fill=alt.Fill("fill:N", scale=None),
        ),
        values(labels).mark_text(align="right", dx=-10, limit=LABELS - 18).encode(x=alt.value(0), y=y, text="label:N"),
    ]  # fmt: skip
    if missing := [each for each in marks if not each["measured"]]:
        said = values(missing).mark_text(align="right", color=MUTED, fontStyle="italic", fontSize=10)
        layers.append(said.encode(x=alt.value("width"), y=y, text=alt.value("failed")))
    spoken = "; ".join(f"{name}: {', '.join(map(_spoken, siblings))}" for name, siblings in groups.items())
    chart = to_svg(canvas(layers, sum(heights), right=_RIGHT, bottom=44), f"{title} ({unit}). {spoken}.")
    alone = all(len(siblings) == 1 for siblings in groups.values())
    return Figure(title, chart, "There is one candidate a passage, so siblings cannot be compared." if alone else "")


def _mark(y: float, each: Rewarded) -> dict[str, object]:
    reward, error, colour = each.reward or 0.0, each.error or 0.0, OURS if each.accepted else MUTED
    return (
        {"y": y, "measured": each.reward is not None, "reward": reward}
        | {"low": reward - error, "high": reward + error, "colour": colour}
        | {"fill": OURS if each.accepted else PAGE}
    )


def _spoken(each: Rewarded) -> str:
    earned = "failed" if each.reward is None else gain(each.reward, each.error)
    return f"{earned}, accepted" if each.accepted else earned
