"""How the colours 0 to 9 are shown."""

from __future__ import annotations

COLOURS = (
    "#000000", "#1e78d7", "#e6463c", "#3cb44b", "#f5d732", "#969696", "#d23cb9", "#f58c28", "#82d2f0", "#8c2332",
)  # fmt: skip
"""Black, blue, red, green, yellow, grey, pink, orange, light blue, dark red: the order that puzzles are drawn in."""
