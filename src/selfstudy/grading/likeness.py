"""How alike two words are: forms of one word, members of one word family, slips of spelling, synonyms."""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from rapidfuzz.distance import OSA

ALIKE = 0.8
"""Likeness of words that are not forms of one word and still may stand for each other."""

_IRREGULAR = {
    form: base
    for line in (
        "begin began begun", "break broke broken", "bring brought", "build built", "buy bought", "catch caught",
        "child children", "choose chose chosen", "come came", "die dying", "draw drew drawn", "drive drove driven",
        "fall fell fallen", "fight fought", "flee fled", "fly flew flown", "foot feet", "freeze froze frozen",
        "give gave given", "go went gone", "grow grew grown", "hold held", "keep kept", "know knew known", "lead led",
        "leave left", "lose lost", "make made", "man men", "meet met", "pay paid", "person people",
        "rise rose risen", "run ran", "say said", "see saw seen", "sell sold", "send sent", "shrink shrank shrunk",
        "sing sang sung", "sink sank sunk", "speak spoke spoken", "spend spent", "steal stole stolen", "strike struck",
        "take took taken", "teach taught", "tell told", "think thought", "tooth teeth", "wear wore worn", "win won",
        "woman women", "write wrote written", "long length", "wide width", "high height", "deep depth",
        "strong strength",
    )
    for base, *forms in [line.split()]
    for form in forms
}  # fmt: skip
# Endings that words of one family exchange: vary, varied, variety; economy, economic.
_ENDINGS = frozenset(
    "e y s d es ed er or ers ors ing ings ly al ally ial ially ic ical ically ion ions ation ations tion ition ive "
    "ative ity ety ty ies ied ness ment ments ism ist ists ian ians an ans n ns ize ise ized ised izing ising ization "
    "isation able ible ance ence ant ent ants ents ancy ency ous ary ory ery th t ate ates ated ating ish ful less "
    "hood ship dom ward wards".split()
) | {""}
_SHORTEST_ROOT = 4


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The word without the ending of a plural or of a verb's form, so that other words stay apart."""
    if word in _IRREGULAR:
        return stem(_IRREGULAR[word])
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "i"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and any(c in "aeiouy" for c in rest):
            word = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "ls" else rest
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


@lru_cache(maxsize=1 << 18)
def likeness(first: str, second: str) -> float:
    """1 for forms of one word, `ALIKE` for what may stand for it, else 0. Words in lower case, none with figures."""
    if first == second or stem(first) == stem(second):
        return 1.0
    return ALIKE if one_family(first, second) or misspelt(first, second) or synonyms(first, second) else 0.0


def one_family(first: str, second: str) -> bool:
    """Whether they differ only in endings that words of one family exchange, after a root of four letters."""
    num_common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    # The common letters may hold the beginning of both endings: product-ion, product-ive.
    roots = range(num_common, max(num_common - 3, _SHORTEST_ROOT - 1), -1)
    return any(first[n:] in _ENDINGS and second[n:] in _ENDINGS for n in roots)


def misspelt(first: str, second: str) -> bool:
    """One slip in words from six letters on, two from nine; the first letter is right."""
    longest = max(len(first), len(second))
    slips = 0 if longest < 6 else 1 if longest < 9 else 2
    if not slips or first[:1] != second[:1] or min(len(first), len(second)) < _SHORTEST_ROOT:
        return False
    return int(OSA.distance(first, second, score_cutoff=slips)) <= slips


def synonyms(first: str, second: str) -> bool:
    """Whether `synonyms.txt` has them on one line."""
    sets = _synonym_sets()
    return not sets.get(stem(first), frozenset()).isdisjoint(sets.get(stem(second), frozenset()))


@lru_cache(maxsize=1)
def _synonym_sets() -> dict[str, frozenset[int]]:
    """The lines on which each stem stands."""
    found: dict[str, set[int]] = {}
    lines = Path(__file__).with_name("synonyms.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(line for line in lines if not line.startswith("#")):
        for word in line.split():
            found.setdefault(stem(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
