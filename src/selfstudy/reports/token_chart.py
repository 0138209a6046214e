"""What rows of a table reach against the tokens that they trained on, each under its number in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from selfstudy.reports.figure import Figure
from selfstudy.reports.placing import place
from selfstudy.reports.scale import axis, scale, ticks
from selfstudy.reports.svg import INK, MUTED, OURS, WIDTH, canvas, to_svg, values
from selfstudy.statistics.bootstrap import Estimate

_HEIGHT, _LEFT, _RIGHT = 240, 58, 18
TOKENS = "tokens trained on, a trial"


@dataclass(frozen=True)
class Reached:
    """A row by its number: `tokens` with a loss a trial, and what it reached."""

    number: int
    tokens: float
    value: Estimate


def token_chart(title: str, unit: str, rows: Sequence[Reached], form: str = "{:+.2f}") -> Figure:
    """`form` puts a value into words. Without two different numbers of tokens, or values, there is nothing to draw."""
    shown = [(row, value) for row in rows if (value := row.value.value) is not None]
    budgets = {round(row.tokens) for row, _ in shown}
    if len(budgets) < 2:
        what = "no tokens" if budgets == {0} else f"{min(budgets):,} tokens" if budgets else "nothing"
        said = f"All rows so far were trained on {what}" if shown else "No row is done"
        return Figure(title, None, f"{said}: there is nothing to set against tokens.")
    if len({value for _, value in shown}) == 1:
        said = f"All {len(shown)} rows have {form.format(shown[0][1])}, whatever they were trained on."
        return Figure(title, None, said)
    across = ticks([row.tokens for row, _ in shown])
    up = ticks([each for row, value in shown for each in (value, row.value.low, row.value.high)])
    wide, high = WIDTH - _LEFT - _RIGHT, float(_HEIGHT)
    # Pixels a token and a unit: names are placed in pixels, and drawn on the axes like all else.
    per_token, per_unit = wide / (across[-1] - across[0]), high / (up[-1] - up[0])
    points = [((row.tokens - across[0]) * per_token, (up[-1] - value) * per_unit) for row, value in shown]
    names: list[dict[str, object]] = [
        {"text": name.text, "tokens": across[0] + name.x / per_token, "value": up[-1] - name.y / per_unit}
        for name in place(points, [str(row.number) for row, _ in shown], wide, high)
    ]
    x = alt.X("tokens:Q", scale=scale(across), axis=axis(across, TOKENS, grid=False))
    y = alt.Y("value:Q", scale=scale(up), axis=axis(up, unit))
    data: list[dict[str, object]] = [{"tokens": row.tokens, "value": value} for row, value in shown]
    ranges: list[dict[str, object]] = [
        {"tokens": row.tokens, "low": row.value.low, "high": row.value.high}
        for row, _ in shown
        if row.value.low is not None
    ]
    layers = [values([{"zero": 0}]).mark_rule(color=MUTED).encode(y=alt.Y("zero:Q", scale=scale(up)))]
    if ranges:
        layers.append(
            values(ranges).mark_rule(strokeWidth=1.5, color=OURS, opacity=0.45)
            .encode(x=x, y=alt.Y("low:Q", scale=scale(up)), y2="high:Q")
        )  # fmt: skip
    layers += [
        values(data).mark_point(size=45, shape="circle", filled=True, color=OURS, opacity=1).encode(x=x, y=y),
        values(names).mark_text(fontSize=12, color=INK).encode(x=x, y=y, text="text:N"),
    ]
    spoken = "; ".join(f"row {row.number}: {form.format(value)} at {row.tokens:,.0f} tokens" for row, value in shown)
    chart = canvas(layers, _HEIGHT, left=_LEFT, right=_RIGHT, bottom=44)
    return Figure(title, to_svg(chart, f"{title} ({unit}). {spoken}."), "")
