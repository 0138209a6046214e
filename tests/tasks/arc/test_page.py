"""A grid as SVG: a square a cell, wrong ones outlined."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from selfstudy.tasks.arc.colours import COLOURS
from selfstudy.tasks.arc.page import grid_svg


def test_a_grid_is_drawn_with_its_wrong_cells() -> None:
    root = ET.fromstring(grid_svg(((1, 2, 3), (4, 5, 6)), 'answer of "x" & y', ((0, 2), (1, 0), (5, 5))))
    cells = [rect for rect in root if "fill" in rect.attrib]
    assert [rect.get("fill") for rect in cells] == list(COLOURS[1:7])
    assert [(rect.get("x"), rect.get("y")) for rect in root if rect.get("class") == "wrong"] == [
        ("25", "1"),
        ("1", "13"),
    ]
    assert root.get("aria-label") == 'answer of "x" & y'
    assert (root.get("width"), root.get("height")) == ("36", "24")
