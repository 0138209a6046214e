"""Where the clause around the gap starts and ends."""

from __future__ import annotations

from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.wording.words import BREAKS, RELATIVE, begins_verb, verb_at


def start_of(words: list[str], gap: int) -> int:
    """Where the clause that holds the gap begins."""
    opened = words[0].casefold() in BREAKS | {"after", "before", "since", "as"}
    last_verb: int | None = None
    for i in range(gap - 1, -1, -1):
        low = words[i].casefold()
        if low in (";", ":", "–", "—", "("):
            return i + 1
        if low == "," and opened and words[0].casefold() in BREAKS and "," not in words[:i]:
            return i + 1
        if low in BREAKS or (low in ("since", "as") and i and words[i - 1] == ","):
            return i + 1
        if low in RELATIVE and i and (low != "that" or words[i - 1].casefold() not in STOP or words[i - 1] == "so"):
            return i + 1
        if low in ("and", "or") and i + 1 < gap and begins_verb(words, i + 1):
            return i + 1
        if low in ("and", "or") and i and words[i - 1] == ",":
            last_verb = _last_verb(words, gap) if last_verb is None else last_verb
            if last_verb >= i + 2:
                return i + 1
    return 0


def end_of(words: list[str], gap: int, *, whole: bool = False) -> int:
    """Where it ends (exclusive); a `whole` clause keeps the clauses that depend on it."""
    first_verb: int | None = None
    for i in range(gap + 1, len(words)):
        low = words[i].casefold()
        if low in (";", ":", "–", "—", ".", "!", "?", "(", ")"):
            return i
        if not whole and (low in BREAKS or low in RELATIVE):
            return i - 1 if words[i - 1] == "," else i
        if low == ",":
            following = words[i + 1].casefold() if i + 1 < len(words) else ""
            if first_verb is None:
                first_verb = next((j for j in range(1, len(words)) if j != gap and verb_at(words, j)), len(words))
            past_verb = first_verb < i
            if past_verb or following in RELATIVE | BREAKS | {"and", "but"} or words[0].casefold() in BREAKS:
                return i
        if low in ("and", "or") and begins_verb(words, i + 1):
            return i
    return len(words)


def _last_verb(words: list[str], gap: int) -> int:
    """Where the last verb stands before the first comma, semicolon or full stop after the gap; -1 without one."""
    upto = next((j for j in range(gap + 1, len(words)) if words[j] in (",", ";", ".")), len(words))
    return next((j for j in range(upto - 1, -1, -1) if j != gap and verb_at(words, j)), -1)
