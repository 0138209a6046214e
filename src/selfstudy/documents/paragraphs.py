"""Paragraphs gathered to passages of bounded length."""

from __future__ import annotations

from collections.abc import Iterable

from selfstudy.domain.passage import SENTENCE_END

LONGEST = 220
"""Words of a passage; a longer text is cut between paragraphs, a longer paragraph between sentences."""


def gather(paragraphs: Iterable[str], between: str = "\n\n") -> list[str]:
    """Neighbours joined while they have at most `LONGEST` words together; a longer one is cut and stands alone."""
    pieces: list[list[str]] = []
    room = 0
    for paragraph in (piece for whole in paragraphs for piece in _cut(whole)):
        num_words = len(paragraph.split())
        if pieces and num_words <= room:
            pieces[-1].append(paragraph)
            room -= num_words
        else:
            pieces.append([paragraph])
            room = LONGEST - num_words
    return [between.join(piece) for piece in pieces]


def _cut(paragraph: str) -> list[str]:
    """`paragraph`, if it is too long, cut after sentences, and a sentence that is too long after words."""
    if len(paragraph.split()) <= LONGEST:
        return [paragraph]
    pieces: list[list[str]] = [[]]
    for sentence in SENTENCE_END.split(paragraph):
        words = sentence.split()
        if len(pieces[-1]) + len(words) > LONGEST:
            pieces.append([])
        pieces[-1] += words
    return [" ".join(piece[i : i + LONGEST]) for piece in pieces for i in range(0, len(piece), LONGEST)]


def cut_at_lines(paragraphs: Iterable[str]) -> list[str]:
    """The paragraphs, each of more than `LONGEST` words cut at the ends of its lines."""
    return [piece for paragraph in paragraphs for piece in gather(paragraph.split("\n"), "\n")]
