"""The findings as one HTML page that needs no network and no script: rates, plans, and a gallery of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from selfstudy.statistics.paired import Difference
from selfstudy.tasks.arc.colours import COLOURS
from selfstudy.tasks.arc.gallery import Picture
from selfstudy.tasks.arc.grid import Rows
from selfstudy.tasks.arc.summary import Condition, Frequencies

_CELL = 12  # pixels


@dataclass(frozen=True)
class Page:
    """What the page shows. `conditions` are of the puzzles in `pictures`; `plans` says which plans stood in each round;
    `remarks` are sentences about how plans were chosen; `seconds` is the cost a pair of puzzle and plan, None where it
    is not known."""

    title: str
    remarks: Sequence[str]
    conditions: Mapping[str, Condition]
    effect: Difference
    plans: Mapping[str, Frequencies | None]
    pictures: Sequence[Picture]
    seconds: float | None = None


def render(page: Page) -> str:
    """The same page gives the same text; what is in it appears as text, whatever it holds."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(svg=grid_svg)
    queries = [list(found) for _, found in groupby(page.pictures, key=lambda each: each.puzzle)]
    return environment.get_template("page.html.jinja").render(page=page, queries=queries)


def grid_svg(rows: Rows, about: str, wrong: Sequence[tuple[int, int]] = ()) -> Markup:
    """A grid as inline SVG, a square a cell; `wrong` cells (row, cell) are outlined, where the grid has them."""
    height, width = len(rows), len(rows[0])
    cells = [
        f'<rect x="{x * _CELL}" y="{y * _CELL}" width="{_CELL}" height="{_CELL}" fill="{COLOURS[colour]}"/>'
        for y, row in enumerate(rows)
        for x, colour in enumerate(row)
    ]
    marks = [
        f'<rect class="wrong" x="{x * _CELL + 1}" y="{y * _CELL + 1}" width="{_CELL - 2}" height="{_CELL - 2}"/>'
        for y, x in wrong
        if y < height and x < width
    ]
    size = f'width="{width * _CELL}" height="{height * _CELL}" viewBox="0 0 {width * _CELL} {height * _CELL}"'
    label = Markup.escape(about)
    return Markup(f'<svg class="grid" role="img" aria-label="{label}" {size}>{"".join([*cells, *marks])}</svg>')
