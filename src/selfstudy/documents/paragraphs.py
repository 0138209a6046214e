"""Paragraphs gathered to passages of bounded length."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 220
"""Words of a passage; a longer text is cut between paragraphs."""


def gather(paragraphs: Iterable[str], between: str = "\n\n") -> list[str]:
    """Neighbours joined while they have at most `LONGEST` words together; a longer one stands alone."""
    pieces: list[list[str]] = []
    room = 0
    for paragraph in paragraphs:
        num_words = len(paragraph.split())
        if pieces and num_words <= room:
            pieces[-1].append(paragraph)
            room -= num_words
        else:
            pieces.append([paragraph])
            room = LONGEST - num_words
    return [between.join(piece) for piece in pieces]


def cut_at_lines(paragraphs: Iterable[str]) -> list[str]:
    """The paragraphs, each of more than `LONGEST` words cut at the ends of its lines."""
    return [piece for paragraph in paragraphs for piece in gather(paragraph.split("\n"), "\n")]
