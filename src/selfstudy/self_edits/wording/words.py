"""Word classes of English, and words put together into a text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.verbs import AUXILIARIES, base_form

GAP = "\x00"
BREAKS = frozenset("because if when while although though unless until but whereas so".split())
RELATIVE = frozenset("which who that where whose whom".split())
DETERMINERS = frozenset(
    "a an the its his her their our this that these those each every any some no all both many most several".split()
)
PREPOSITIONS = frozenset(
    "of in on at by for with without from to into onto upon over under about above below after before between among "
    "through during against across along around behind beside near off via per within despite since as like towards "
    "toward until outside inside beneath".split()
)
PRONOUNS = frozenset("it she he they we you i".split())
LONGEST = 32


def verb_at(words: Sequence[str], i: int) -> bool:
    if i >= len(words):
        return False
    low = words[i].casefold()
    if low in AUXILIARIES:
        return True
    if i and (words[i - 1].casefold() in DETERMINERS | {"of", "to"} or words[i][0].isupper()):
        return False
    if low in STOP:
        return False
    return base_form(low) is not None


def begins_verb(words: Sequence[str], i: int) -> bool:
    """A verb at i, or an adverb in -ly and a verb after it."""
    return verb_at(words, i) or (i < len(words) and words[i].endswith("ly") and verb_at(words, i + 1))


def small(words: Sequence[str]) -> list[str]:
    return [words[0][:1].lower() + words[0][1:], *words[1:]] if words else []


def tidy(words: Sequence[str]) -> str:
    text = " ".join(w for w in words if w)
    text = re.sub(r"\s+([,.;:?!%’])", r"\1", text)
    text = re.sub(r"\s*(['’]s)\b", r"\1", text.replace("`", "")).strip(" ,;:.")
    return text[:1].upper() + text[1:] + "?" if text else ""
