"""Questions after a name that stands beside its noun: "the forewoman, Isolde Crabbe"."""

from __future__ import annotations

from selfstudy.self_edits.spans import Span
from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.wording.clause import antecedent
from selfstudy.self_edits.wording.words import DETERMINERS, PREPOSITIONS


def appositions(words: list[str], gap: int, span: Span) -> list[str]:
    """ "the forewoman, GAP, blows": who is the forewoman? And "the GAP, Isolde Crabbe, blows": who is Isolde Crabbe?"""
    after = words[gap + 1] if gap + 1 < len(words) else "."
    if span.kind == "phrase" and after == "," and gap and words[gap - 1].casefold() in DETERMINERS:
        end = next((i for i in range(gap + 2, len(words)) if words[i] in (",", ".")), gap)
        name = words[gap + 2 : end]
        if len(name) >= 2 and all(w[0].isupper() for w in name):
            return [f"Who is {' '.join(name)}?", f"What is the job of {' '.join(name)}?"]
    if span.kind != "name" or gap < 2 or words[gap - 1] != "," or after not in (",", ".", ";"):
        return []
    noun = antecedent(words, gap)
    if not noun or not noun[-1][0].islower() or noun[0].casefold() not in DETERMINERS:
        return []
    phrase = " ".join([noun[0].lower(), *noun[1:]])
    return [f"Who is {phrase}?", f"What is the name of {phrase}?"]


def name_question(words: list[str], gap: int, span: Span) -> str:
    """ "the optician GAP": what is the name of the optician?"""
    if gap > 2 and words[gap - 1].casefold() in ("called", "named", "nicknamed"):
        noun = antecedent(words, gap - 1)
        return (
            f"What {'are' if noun[-1].endswith('s') else 'is'} the {' '.join(noun[noun[0] in DETERMINERS :])} called?"
            if noun
            else ""
        )
    if any(c.isdigit() for c in span.text) and span.kind == "name":
        return ""
    if span.kind not in ("name", "code") or gap < 2 or words[gap - 1].casefold() in STOP | PREPOSITIONS:
        return ""
    noun = antecedent(words, gap)
    if not noun or noun[0].casefold() not in DETERMINERS or any(not w[0].islower() for w in noun) or len(noun) < 2:
        return ""
    asked = "What is the name of" if span.kind == "name" else "What is"
    return f"{asked} the {' '.join(noun[1:])}?"
