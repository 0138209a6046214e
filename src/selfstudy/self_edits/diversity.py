"""How varied texts are, within themselves and among each other: editors that are trained on their own best collapse."""

from __future__ import annotations

import itertools
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Diversity:
    """Of a set of texts.

    `distinct` is the share of different word pairs among all of them (Li et al. 2016, distinct-2). `self_overlap` is
    the mean, over texts, of the share of its word pairs that stand in another text of the set, clipped as in BLEU: a
    one-order self-BLEU (Zhu et al. 2018). `compression` is compressed over plain bytes of all texts together.
    """

    num_texts: int
    distinct: float
    self_overlap: float
    compression: float


def diversity(texts: Sequence[str]) -> Diversity:
    """Texts without words count as nothing said: `distinct` 0, and `self_overlap` 0 for a single text."""
    pairs = [_pairs(text) for text in texts]
    every: Counter[tuple[str, str]] = sum(pairs, Counter())
    overlaps = []
    for place, own in enumerate(pairs):
        others: Counter[tuple[str, str]] = Counter()
        for other, count in ((p, c) for i, each in enumerate(pairs) if i != place for p, c in each.items()):
            others[other] = max(others[other], count)
        if own:
            overlaps.append((own & others).total() / own.total())
    return Diversity(
        len(texts),
        len(every) / every.total() if every else 0.0,
        sum(overlaps) / len(overlaps) if overlaps else 0.0,
        compression("\n".join(texts)),
    )


def compression(text: str) -> float:
    """Compressed over plain bytes; 0 for no text. Low for a text that says one thing again and again."""
    data = text.encode()
    return len(zlib.compress(data, 9)) / len(data) if data else 0.0


def overlap(text: str, other: str) -> float:
    """Share of the word pairs of `text` that stand in `other` too; 0 for a text without pairs."""
    own, known = _pairs(text), _pairs(other)
    return (own & known).total() / own.total() if own else 0.0


def _pairs(text: str) -> Counter[tuple[str, str]]:
    words = re.findall(r"\w+", text.casefold())
    return Counter(itertools.pairwise(words))
