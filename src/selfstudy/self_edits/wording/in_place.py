"""Questions that are the statement itself, with the question word in the gap."""

from __future__ import annotations

from selfstudy.self_edits.spans import Span
from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.wording.boundaries import end_of, start_of
from selfstudy.self_edits.wording.question_words import question_words
from selfstudy.self_edits.wording.referents import Referents, possessive
from selfstudy.self_edits.wording.words import BREAKS, DETERMINERS, GAP, LONGEST, tidy, verb_at


def in_place(words: list[str], gap: int, span: Span, referents: Referents) -> list[str]:
    """The sentence up to the gap's clause end, with a question word in the gap."""
    start = max((i + 1 for i in range(gap) if words[i] == ";"), default=0)
    if gap - start > LONGEST:
        start = start_of(words, gap)
    person = referents.person or referents.subject
    piece = _opened(words[start : end_of(words, gap)], referents.subject, person)
    if not any(verb_at(piece, i) for i in range(1, len(piece))):
        piece = _opened(words[start:], referents.subject, person)
    if GAP not in piece:
        return []
    at = piece.index(GAP)
    before = piece[at - 1].casefold() if at else ""
    modified = span.kind in ("code", "name") and at > 1 and piece[at - 1].islower() and before not in STOP
    if modified and not verb_at(piece, at - 1):
        noun = at - 1
        while (
            noun
            and piece[noun - 1].islower()
            and piece[noun - 1].casefold() not in STOP
            and not verb_at(piece, noun - 1)
        ):
            noun -= 1
        drop = 1 if noun and piece[noun - 1].casefold() in DETERMINERS else 0
        piece[noun - drop : at + 1] = ["which", *piece[noun:at]]
        return [tidy(piece)]
    plain = {
        "number": ["how many"],
        "name": ["who", "what"] if " " in span.text else ["what"],
        "code": ["what"],
        "phrase": ["what"],
    }[span.kind]
    if span.kind == "name" and before in ("in", "at", "near", "from", "to"):
        plain = ["which place"]
    elif span.kind == "name" and before == "by":
        plain = ["whom", "what"]
    elif span.kind == "name" and before in DETERMINERS:
        plain = ["what"]
    if span.kind == "number":
        asks = [w for w, _ in question_words(span, before)]
        counted = [w.lower() for w in asks if w.startswith("How many")]
        plain = (
            counted or [" ".join(asks[-1].lower().split()[1:]) or "when"]
            if asks[0] != "When" or len(asks) > 1
            else ["when"]
        )
        plain = ["how often"] if asks == ["How often"] else plain
        if plain == ["how often"] or plain == ["how long"]:
            piece[at - 1 : at] = []
            at -= 1
    return [tidy([*piece[:at], word, *piece[at + 1 :]]) for word in plain]


def _opened(piece: list[str], subject: str, person: str) -> list[str]:
    """Without "it turned out that" or a lone "when" in front; a pronoun in front replaced by what it stands for."""
    piece = piece[:-1] if piece and piece[-1] in (",", ".") else list(piece)
    if piece[:1] == ["It"] and "that" in piece[:4]:
        piece = piece[piece.index("that") + 1 :]
    elif piece and piece[0].casefold() in BREAKS and "," not in piece:
        piece = piece[1:]
    first = piece[0].casefold() if piece else ""
    if first in ("it", "he", "she"):
        piece[0] = subject if first == "it" else person
    elif first in ("its", "his", "her") and len(piece) > 1:
        piece[0] = possessive(subject if first == "its" else person)
    return piece
