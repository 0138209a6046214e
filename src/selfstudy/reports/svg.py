"""Charts as inline SVG, without anything from outside and the same bytes for the same chart."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

import altair as alt
import vl_convert
from markupsafe import Markup

LABELS = 142
WIDTH = 400
ROW = 26


OURS, OTHER, INK, MUTED, PAGE = "var(--ours)", "var(--other)", "var(--ink)", "var(--muted)", "var(--page)"
"""Colours of the page, by name."""


def canvas(
    layers: Sequence[alt.Chart], height: int, *, right: int, left: int = LABELS, bottom: int = 26
) -> alt.LayerChart:
    """Layers over one another, `height` pixels high: `left` pixels for labels, `right` free, `bottom` for an axis.

    Sizes are fixed, not fitted to text, so that the drawing does not depend on the fonts of the machine that makes it.
    Colours are names of the page's own, which is how a chart follows the page into the dark.
    """
    ticks = {"labelColor": MUTED, "labelFontSize": 12, "labelPadding": 6, "labelOverlap": False}
    titles = {"titleColor": MUTED, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 6}
    lines = {"gridColor": "var(--line)", "domain": False, "ticks": False}
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=WIDTH - left - right,
            height=height,
            padding={"left": left, "right": right, "top": 4, "bottom": bottom},
            autosize="none",
        )
        .configure(aria=False, background="transparent", font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(**ticks, **titles, **lines, labelFlush=False)
        .configure_text(fontSize=13, color=INK, baseline="middle")
    )
    return chart


def values(of: Sequence[Mapping[str, object]]) -> alt.Chart:
    """What marks are drawn of."""
    return alt.Chart(alt.InlineData(values=[dict(each) for each in of]))


def as_it_is(field: str) -> alt.Color:
    """The field holds the colour itself."""
    return alt.Color(field, type="nominal", scale=None)


def to_svg(chart: alt.LayerChart, spoken: str) -> Markup:
    """`spoken` is what a screen reader says in place of the chart.

    Namespaces go, which inline SVG does not need, so that nothing in the page looks like an address; so do Vega's notes
    on each mark, for which `spoken` stands.
    """
    root = ET.fromstring(vl_convert.vegalite_to_svg(json.dumps(chart.to_dict())))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {k: v for k, v in element.attrib.items() if k != "role" and not k.startswith("aria-")}
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", spoken)
    title = ET.Element("title")
    title.text = spoken
    root.insert(0, title)
    return Markup(ET.tostring(root, encoding="unicode", short_empty_elements=False))
