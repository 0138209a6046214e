"""Where the names of points go, so that they lie neither on each other nor on points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_CHARACTER, _LINE, _POINT, _NEAR = 6.7, 12.0, 5.0, 6.0
_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))


@dataclass(frozen=True)
class Name:
    """The text at its middle, in pixels."""

    text: str
    x: float
    y: float


Box = tuple[float, float, float, float]


def place(points: Sequence[tuple[float, float]], texts: Sequence[str], width: float, height: float) -> list[Name]:
    """One name a point, or one for several that lie nearly on each other, beside it where most is free."""
    groups: list[list[int]] = []
    for n, (x, y) in enumerate(points):
        near = (g for g in groups if abs(points[g[0]][0] - x) < _NEAR and abs(points[g[0]][1] - y) < _NEAR)
        group = next(near, None)
        if group is None:
            groups.append([n])
        else:
            group.append(n)
    taken: list[Box] = [(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in points]
    names = []
    for group in groups:
        x, y = points[group[0]]
        text = ", ".join(texts[n] for n in group)
        wide = _CHARACTER * len(text)
        places = [
            Name(text, x + far * across * (wide / 2 + _POINT + 3), y + far * down * (_LINE / 2 + _POINT))
            for far in (1, 1.7, 2.4)
            for across, down in _SIDES
        ]
        best = min(places, key=lambda name: _hidden(_box(name), taken, width, height))
        taken.append(_box(best))
        names.append(best)
    return names


def _box(name: Name) -> Box:
    wide = _CHARACTER * len(name.text)
    return name.x - wide / 2, name.y - _LINE / 2, name.x + wide / 2, name.y + _LINE / 2


def _hidden(box: Box, taken: Sequence[Box], width: float, height: float) -> float:
    """The area that lies on something else or outside."""
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    outside = area - max(0.0, min(right, width) - max(left, 0)) * max(0.0, min(bottom, height) - max(top, 0))
    return outside + sum(
        max(0.0, min(right, b[2]) - max(left, b[0])) * max(0.0, min(bottom, b[3]) - max(top, b[1])) for b in taken
    )
