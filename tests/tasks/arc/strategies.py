"""Small random grids and puzzles, all invented."""

from __future__ import annotations

from hypothesis import strategies as st

from selfstudy.tasks.arc.grid import Grid
from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query


def grid(*lines: str) -> Grid:
    return Grid.parse("\n".join(lines))


@st.composite
def grids(draw: st.DrawFn, most: int = 6, fewest: int = 1) -> Grid:
    height, width = draw(st.integers(fewest, most)), draw(st.integers(fewest, most))
    row = st.lists(st.integers(0, 9), min_size=width, max_size=width).map(tuple)
    return Grid(tuple(draw(st.lists(row, min_size=height, max_size=height))))


examples = st.builds(Example, grids(4), grids(4))
queries = st.builds(Query, grids(4), grids(4) | st.none())


def puzzles(fewest: int = 1, most: int = 4) -> st.SearchStrategy[Puzzle]:
    train = st.lists(examples, min_size=fewest, max_size=most, unique=True).map(tuple)
    return st.builds(Puzzle, st.just("invented"), train, st.lists(queries, min_size=1, max_size=2).map(tuple))
