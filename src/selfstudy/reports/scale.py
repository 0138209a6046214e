"""Axes: where the ticks stand, and what they are called."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import altair as alt


def ticks(found: Iterable[float | None], most: int = 6) -> list[float]:
    """At most `most` round values at equal distances, around zero and all that was found; the first and the last are
    the axis's ends."""
    values = [0.0, *(value for value in found if value is not None)]
    low, high = min(values), max(values)
    if low == high:
        high = low + 1.0
    power = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    for step in (power * factor for factor in (1, 2, 2.5, 5, 10, 20, 25, 50)):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            break
    return [round(place * step, 12) for place in range(first, last + 1)]


def scale(at: Sequence[float]) -> alt.Scale:
    """The scale from the first tick to the last."""
    return alt.Scale(domain=[at[0], at[-1]], nice=False, zero=False)


def axis(at: Sequence[float], title: str, *, grid: bool = True) -> alt.Axis:
    """`title` names what it shows, with the unit."""
    step = at[1] - at[0]
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    places += not math.isclose(round(step, places), step)
    form = f"format(datum.value, ',.{places}f')"
    # Vega drops every other tick where there are more than it would have taken itself, unless their number is given.
    return alt.Axis(values=list(at), tickCount=len(at), labelExpr=form, title=title, grid=grid)
