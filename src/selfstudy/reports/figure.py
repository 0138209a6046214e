"""A figure of the page about a reproduction: a chart, or the sentence that stands in its place."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Figure:
    """`chart` is None where there is nothing that a drawing would show; `said` then says what there is."""

    title: str
    chart: Markup | None
    said: str
