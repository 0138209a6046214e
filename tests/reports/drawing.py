"""Charts read back from their SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET


def drawing(svg: str | None) -> ET.Element:
    assert svg is not None
    return ET.fromstring(svg)


def marks(root: ET.Element, layer: int) -> list[ET.Element]:
    return [e for g in root.iter("g") if (g.get("class") or "").endswith(f"layer_{layer}_marks") for e in g]


def place(element: ET.Element) -> tuple[float, float]:
    """Where a mark was moved to."""
    found = re.match(r"translate\(([-\d.e]+),([-\d.e]+)\)", element.get("transform", ""))
    assert found
    return float(found[1]), float(found[2])


def shift(element: ET.Element) -> float:
    return place(element)[0]


def words(root: ET.Element) -> list[str]:
    return [e.text or "" for e in root.iter("text")]
