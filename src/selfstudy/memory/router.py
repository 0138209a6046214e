"""Decides per question whether an adapter answers or the base, from the texts the adapter was trained on.

No document enters the context: the router only reads the question. It knows the words of the passages and notes, and
how common words are in general questions; it abstains towards the base.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from selfstudy.self_edits.tokens import STOP

_WORD = re.compile(r"[^\W_]+(?:[-.:'][^\W_]+)*|[^\W_]+")

MARGIN = 0.2
"""Share of the way from what general questions reach to what the notes' own questions reach."""

Pieces = Callable[[str], int]
"""Into how many tokens the base's tokenizer cuts a word; names and codes that nobody knows fall into many."""


def words(text: str) -> list[str]:
    """Case-folded words; a possessive 's is cut off."""
    return [re.sub(r"'s$", "", w) for w in _WORD.findall(text.casefold().replace("’", "'"))]


@dataclass(frozen=True)
class Router:
    """`weights` holds each learned word's evidence (nats, roughly) that a question is about what was learned.

    A question goes to the adapter if the evidence of its words in one source reaches `threshold`.
    """

    weights: dict[str, float]
    sources: tuple[frozenset[str], ...]
    threshold: float

    def evidence(self, question: str) -> float:
        asked = set(words(question))
        return max((sum(self.weights.get(w, 0.0) for w in asked & source) for source in self.sources), default=0.0)

    def to_adapter(self, question: str) -> bool:
        return self.evidence(question) >= self.threshold


def fit_router(
    sources: Sequence[Sequence[str]], general: Iterable[str], pieces: Pieces, *, own: Sequence[str] = ()
) -> Router:
    """A router for texts `sources` (one list of texts a document: passages, titles, notes).

    A word's evidence is log P(word | learned) - log P(word | general questions), both smoothed, where a word that
    general questions do not use is judged by its tokens: one piece means an ordinary word that they merely happen not
    to use. Function words have none: notes are worded otherwise than general questions, which says nothing about what
    they are about. The threshold lies between what general questions reach and what `own` questions (held out from the
    notes) reach, nearer to the former, since other people's questions share fewer words with the texts than the notes
    do; where both overlap it is set by the general ones, so that doubt goes to the base.
    """
    general = list(general)
    common = Counter(w for q in general for w in set(words(q)))
    found = [frozenset(w for text in texts for w in words(text)) for texts in sources]
    count = Counter(w for texts in sources for text in texts for w in set(words(text)))
    learned = sum(len(texts) for texts in sources)
    weights = {}
    for word in frozenset().union(*found) - STOP:
        rarity = max(0, pieces(word) - 1)
        known = (common[word] + 1.0 * math.exp(-1.5 * rarity)) / (len(general) + 1)
        weights[word] = max(0.0, min(8.0, math.log(count[word] / (learned + 1)) - math.log(known)))
    untuned = Router(weights, tuple(found), 0.0)
    reached = sorted((untuned.evidence(q) for q in general), reverse=True)
    ceiling = reached[len(reached) // 200] if reached else 0.0  # half a percent of general questions may pass
    floor = sorted(untuned.evidence(q) for q in own)[len(own) // 50] if own else 0.0
    if floor > ceiling:
        threshold = ceiling + MARGIN * (floor - ceiling)
    else:
        threshold = ceiling * (1.05 if own else 1.5) + 1e-9
    return Router(weights, tuple(found), threshold)


def router_bytes(router: Router) -> bytes:
    """The router as JSON; equal routers give equal bytes."""
    sources = [sorted(source) for source in router.sources]
    return json.dumps([router.weights, sources, router.threshold], sort_keys=True, ensure_ascii=False).encode()


def read_router(data: bytes) -> Router:
    """What `router_bytes` wrote."""
    weights, sources, threshold = json.loads(data)
    return Router(weights, tuple(frozenset(source) for source in sources), threshold)
