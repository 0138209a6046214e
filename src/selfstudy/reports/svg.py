"""Charts as inline SVG, without anything from outside and the same bytes for the same chart."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import altair as alt
import vl_convert
from markupsafe import Markup

LABELS = 142
WIDTH = 400
ROW = 26


def canvas(layers: list[alt.Chart], rows: int, *, right: int) -> alt.LayerChart:
    """Layers over one another: `LABELS` pixels for labels on the left, `right` pixels free on the right.

    Sizes are fixed, not fitted to text, so that the drawing does not depend on the fonts of the machine that makes it.
    Colours are names of the page's own, which is how a chart follows the page into the dark.
    """
    ticks = {"labelColor": "var(--muted)", "labelFontSize": 12, "labelPadding": 6, "labelOverlap": False}
    lines = {"gridColor": "var(--line)", "domain": False, "ticks": False}
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=WIDTH - LABELS - right,
            height=rows * ROW,
            padding={"left": LABELS, "right": right, "top": 4, "bottom": 26},
            autosize="none",
        )
        .configure(aria=False, background="transparent", font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(**ticks, **lines, labelFlush=False)
        .configure_text(fontSize=13, color="var(--ink)", baseline="middle")
    )
    return chart


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
