"""What a passage is about."""

from __future__ import annotations

import re

from selfstudy.self_edits.tokens import STOP

_NAME = re.compile(r"(?:The )?([A-Z][\w'’-]+(?: (?:of |the )*[A-Z][\w'’-]+)+)")
_MOST_WORDS = 40  # a title longer than this is a paragraph


def subject_of(title: str, text: str) -> str:
    """What a passage is about: the longest piece of its title, with a capital in it, that its text names too.

    Where that is no name ("the station"), the name that the text begins with, if it does.
    """
    words = title.split()[:_MOST_WORDS]
    low = text.casefold()
    best = ""
    for i, first in enumerate(words):
        if first.casefold() in STOP and first.casefold() != "the":
            continue
        for j in range(i + 1, len(words) + 1):
            piece = " ".join(words[i:j]).strip(":,.;")
            if piece.casefold() not in low:
                break  # nor does any longer piece stand there
            inner = [w for w in words[i + 1 : j] if w.casefold().strip(":,.;") in STOP]
            if (inner and not all(w[0].isupper() or w in inner for w in words[i:j])) or words[j - 1] in inner:
                continue
            if (inner and not set(inner) <= {"of", "the", "and"}) or not any(w[0].isupper() for w in words[i:j]):
                continue
            if re.search(rf"(?<!\w){re.escape(piece.casefold())}(?!\w)", low) and len(piece) > len(best):
                best = piece
    best = best or title
    opening = _NAME.match(text)
    if opening and not any(w[0].isupper() for w in best.split() if w.casefold() != "the"):
        best = opening[1]  # "The station": which one, the text's first words tell
    if best[:4].casefold() != "the " and re.search(rf"(?<!\w)the {re.escape(best)}(?!\w)", text, re.IGNORECASE):
        best = f"the {best}"
    return "the " + best[4:] if best.casefold().startswith("the ") else best
