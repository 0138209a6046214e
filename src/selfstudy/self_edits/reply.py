"""Answers as the passage words them: the clause that holds a short answer.

A model that has memorised a text recalls it from its beginning. A reply that starts with the clause's own words lets a
small model get to the answer by recall; the same question with the bare answer has to be learned as a fact of its own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

_BREAK = re.compile(
    r"(?<=[,;:])\s+|\s+(?=(?:and|but|because|so that|since|while|after|until|which|who|whose|when|if|unless|where)\s)"
)
_WORD = re.compile(r"\w+(?:[-.:'/]\w+)*")
_PLAIN = frozenset(
    "the a an of in on at to is are was were be by for with and or it its that this what which who how".split()
)
LONGEST = 16
"""Words of a reply; with names and numbers this stays below the 24 tokens of a quiz answer."""
SHORTEST = 5


def reply_for(question: str, answer: str, sentences: Sequence[str], *, longest: int = LONGEST) -> str:
    """The stretch of one sentence that holds `answer`, at most `longest` words of whole clauses where possible.

    Of several sentences with the answer, the one that shares most words with the question is taken. An answer that
    stands in no sentence is returned as it is.
    """
    pattern = re.compile(rf"(?<!\w){re.escape(answer.strip().rstrip('.'))}(?!\w)", re.IGNORECASE)
    asked = _content(question)
    holding = [s for s in sentences if pattern.search(s)]
    if not holding:
        return answer
    sentence = max(holding, key=lambda s: len(asked & _content(s)))
    spans = _clauses(sentence)
    places = [m.span() for m in pattern.finditer(sentence)]
    best: tuple[tuple[int, int], str] | None = None
    for start, end in places:
        touched = [i for i, (a, b) in enumerate(spans) if a < end and b > start]
        first, last = touched[0], touched[-1]
        while last - first + 1 < len(spans):
            left = sentence[spans[first - 1][0] : spans[last][1]] if first > 0 else None
            right = sentence[spans[first][0] : spans[last + 1][1]] if last + 1 < len(spans) else None
            if left is not None and len(left.split()) <= longest:
                first -= 1
            elif right is not None and len(right.split()) <= longest and _size(sentence, spans, first, last) < SHORTEST:
                last += 1
            else:
                break
        text = sentence[spans[first][0] : spans[last][1]]
        if len(text.split()) > longest:
            text = _window(text, pattern, longest)
        score = (len(asked & _content(text)), -len(text))
        if best is None or score > best[0]:
            best = (score, text)
    assert best is not None
    return _tidy(best[1])


def _clauses(sentence: str) -> list[tuple[int, int]]:
    cuts = [0, *(m.end() for m in _BREAK.finditer(sentence)), len(sentence)]
    return [(a, b) for a, b in itertools.pairwise(cuts) if sentence[a:b].strip()]


def _size(sentence: str, spans: list[tuple[int, int]], first: int, last: int) -> int:
    return len(sentence[spans[first][0] : spans[last][1]].split())


def _window(text: str, pattern: re.Pattern[str], longest: int) -> str:
    """The words up to the answer's end, at most `longest`."""
    match = pattern.search(text)
    assert match is not None
    before = text[: match.end()].split()
    return " ".join(before[-longest:])


def _tidy(text: str) -> str:
    text = re.sub(r"^(?:and|but|so that|since|because|while|which|who|whose)\s+", "", text.strip())
    text = text.strip().rstrip(",;:").strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _content(text: str) -> frozenset[str]:
    return frozenset(w for w in _WORD.findall(text.casefold()) if w not in _PLAIN)
