"""Questions for whoever stands behind "by": "was founded by the keeper GAP" asks "Who founded it?"."""

from __future__ import annotations

import re

from selfstudy.self_edits.spans import Span
from selfstudy.self_edits.verbs import PAST, base_form
from selfstudy.self_edits.wording.clause import Clause, antecedent
from selfstudy.self_edits.wording.question_words import acts
from selfstudy.self_edits.wording.words import DETERMINERS, PREPOSITIONS, tidy

_PARTICIPLES = {
    "begun": "began", "broken": "broke", "chosen": "chose", "drawn": "drew", "driven": "drove", "eaten": "ate",
    "flown": "flew", "given": "gave", "ground": "ground", "grown": "grew", "hidden": "hid", "known": "knew",
    "run": "ran", "seen": "saw", "sewn": "sewed", "shown": "showed", "spoken": "spoke", "stolen": "stole",
    "sung": "sang", "taken": "took", "thrown": "threw", "torn": "tore", "worn": "wore", "woven": "wove",
    "written": "wrote",
}  # fmt: skip
_FARTHEST = 4  # words between the participle and "by": "founded in 1873 by"
_ROLE = 4


def agent_questions(words: list[str], gap: int, span: Span, clause: Clause | None) -> list[list[str]]:
    """Active questions for a passive's agent, shortest first; empty where there is none."""
    if span.kind not in ("name", "phrase"):
        return []
    by = next((i for i in range(gap - 1, max(gap - 2 - _ROLE, 0), -1) if words[i].casefold() == "by"), 0)
    role = [w for w in words[by + 1 : gap] if w.casefold() not in DETERMINERS]
    named = PREPOSITIONS | {"named", "called", "nicknamed"}
    if not by or any(not w.isalpha() or not w[0].islower() or w in named for w in role):
        return []
    at = next((i for i in range(by - 1, max(by - 2 - _FARTHEST, 0), -1) if _past(words[i])), 0)
    if not at or any(w in (",", ";") for w in words[at:by]):
        return []
    helper = at - 2 if words[at - 1].endswith("ly") else at - 1
    aux = words[helper].casefold() if helper > 0 else ""
    if aux in ("is", "are", "was", "were", "been"):
        if clause is None or not clause.subject:
            return []
        thing = clause.subject
    else:
        thing = antecedent(words, at)
    verb = _present(words[at]) if aux in ("is", "are") else _past(words[at])
    if not thing or not verb:
        return []
    asks = ["Who"] if span.kind == "name" or acts(span.text) else ["What"]
    tail = words[at + 1 : by]
    found = [[tidy([ask, verb, *thing]) for ask in asks]]
    if role:
        found.append([tidy(["Which", *role, verb, *thing])])
    if tail:
        found.append([tidy([ask, verb, *thing, *tail]) for ask in asks])
    return found


def _past(participle: str) -> str:
    low = participle.casefold()
    return _PARTICIPLES.get(low) or (low if low in PAST or re.fullmatch(r"[a-z]{2,}ed", low) else "")


def _present(participle: str) -> str:
    form = base_form(_past(participle))
    if form is None:
        return ""
    base = form[0]
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ies"
    return base + ("es" if re.search(r"(?:s|sh|ch|x|z|o)$", base) else "s")
