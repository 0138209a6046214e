"""`selfstudy compare`: rows that two runs have in common, tested with passages as the unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from selfstudy.api.run_folder import ROWS, find_run
from selfstudy.statistics.paired import Difference, difference
from selfstudy.statistics.several import holm
from selfstudy.store.codec import decode
from selfstudy.tasks.squad.table import TableRow

MEASURES = ("accuracy", "likelihood_gain")


@dataclass(frozen=True)
class Compared:
    """`first` and `second` are rows, by measure tested on the passages that both have. `adjusted` is the p-value
    corrected by Holm's method for all comparisons made together."""

    first: str
    second: str
    measure: str
    difference: Difference
    adjusted: float


def compare(home: Path, first: str, second: str) -> tuple[Compared, ...]:
    """Each is a run, or RUN:ROW for one row of it. Two runs are compared row by row, the first less the second.

    Raises:
        ValueError: a run or row is not there, or no two rows share two passages.
    """
    (one, row), (other, other_row) = (_split(each) for each in (first, second))
    if (row is None) != (other_row is None):
        raise ValueError("compare: give two runs, or RUN:ROW twice")
    rows, others = read_rows(find_run(home, one)), read_rows(find_run(home, other))
    if row is not None and other_row is not None:
        pairs = [(_row(rows, row, one), _row(others, other_row, other))]
    else:
        pairs = [(found, others[name]) for name, found in rows.items() if name in others]
    found = [
        Compared(a.name, b.name, measure, tested, 1.0)
        for a, b in pairs
        for measure in MEASURES
        if (tested := _difference(a, b, measure)) is not None
    ]
    if not found:
        raise ValueError(f"compare: {first} and {second} have no rows on two common passages; nothing can be tested")
    adjusted = holm([each.difference.p for each in found])
    return tuple(replace(each, adjusted=p) for each, p in zip(found, adjusted, strict=True))


def read_rows(folder: Path) -> dict[str, TableRow]:
    """The rows of a run by name.

    Raises:
        ValueError: a line does not fit; names file and line.
    """
    found = {}
    for number, line in enumerate((folder / ROWS).read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = decode(TableRow, line)
        except ValueError as error:
            raise ValueError(f"{folder / ROWS}:{number}: {error}; run the reproduction again") from error
        found[row.name] = row
    return found


def _split(given: str) -> tuple[str, str | None]:
    run, colon, row = given.partition(":")
    return (run, row) if colon else (run, None)


def _row(rows: Mapping[str, TableRow], name: str, run: str) -> TableRow:
    if name not in rows:
        raise ValueError(f"compare: run {run} has no row {name!r}; there are {', '.join(rows) or 'none'}")
    return rows[name]


def _difference(a: TableRow, b: TableRow, measure: str) -> Difference | None:
    """One value a passage, so that passages weigh alike, as in the table; None for fewer than two common ones."""
    ours, theirs = (_means(row, measure) for row in (a, b))
    pairs = {passage: [(ours[passage], theirs[passage])] for passage in ours if passage in theirs}
    return difference(pairs) if len(pairs) > 1 else None


def _means(row: TableRow, measure: str) -> dict[str, float]:
    found = {each.passage: each.right if measure == "accuracy" else each.gain for each in row.answered}
    return {passage: sum(values) / len(values) for passage, values in found.items() if values}
