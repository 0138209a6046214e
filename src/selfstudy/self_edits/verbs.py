"""English verb forms by rule: what a word's base form is, and which auxiliary a question needs for it."""

from __future__ import annotations

import re

AUXILIARIES = frozenset("is are was were has had have can could will would shall should may might must cannot".split())
PAST = {
    "did": "do", "became": "become", "began": "begin", "bought": "buy", "broke": "break", "brought": "bring",
    "built": "build", "came": "come", "chose": "choose", "cost": "cost", "cut": "cut", "drew": "draw",
    "drove": "drive", "fell": "fall", "felt": "feel", "flew": "fly", "forgot": "forget", "fought": "fight",
    "found": "find", "gave": "give", "got": "get", "grew": "grow", "heard": "hear", "held": "hold", "hid": "hide",
    "hit": "hit", "kept": "keep", "knew": "know", "laid": "lay", "led": "lead", "left": "leave", "lent": "lend",
    "let": "let", "lost": "lose", "made": "make", "meant": "mean", "met": "meet", "paid": "pay", "put": "put",
    "ran": "run", "read": "read", "rode": "ride", "rose": "rise", "said": "say", "sang": "sing", "sank": "sink",
    "sat": "sit", "saw": "see", "sent": "send", "set": "set", "shot": "shoot", "slept": "sleep", "sold": "sell",
    "spent": "spend", "spoke": "speak", "stole": "steal", "stood": "stand", "struck": "strike", "swam": "swim",
    "taught": "teach", "thought": "think", "threw": "throw", "told": "tell", "took": "take", "tore": "tear",
    "understood": "understand", "went": "go", "won": "win", "wore": "wear", "wove": "weave", "wrote": "write",
    "fed": "feed", "dug": "dig", "burnt": "burn",
}  # fmt: skip
BASE = frozenset(
    "do go take cost need follow keep meet work stand own hold come run make use give get want cover serve begin start "
    "leave pay sell buy lie live call bring travel wear eat drink open close carry contain include show send cause "
    "require provide form play help lead allow bear drive live produce write read build grow last "
    "stop sit stay hear see".split()
)
_PLURAL_NOT_VERB = frozenset(
    "its this as his us yes is was has thus perhaps always across ones always towards besides less unless".split()
)


def base_form(verb: str) -> tuple[str, str] | None:
    """("buy", "did") for "bought", ("carry", "does") for "carries"; None for what cannot be a verb form."""
    low = verb.casefold()
    if low in PAST:
        return PAST[low], "did"
    if low in BASE:
        return low, "do"
    if len(low) > 4 and low.endswith("ied"):
        return low[:-3] + "y", "did"
    if len(low) > 3 and low.endswith("ed") and low[-3] not in "e":
        return _undo_ed(low[:-2]), "did"
    if low in _PLURAL_NOT_VERB or not low.isalpha():
        return None
    if len(low) > 4 and low.endswith("ies"):
        return low[:-3] + "y", "does"
    if re.search(r"(?:ss|sh|ch|x|z|o)es$", low):
        return low[:-2], "does"
    if len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is")):
        return low[:-1], "does"
    return None


def _undo_ed(stem: str) -> str:
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    if stem.endswith(
        ("v", "c", "u", "dg", "ang", "arg", "erg", "z", "rs", "ns", "us", "as", "os", "is")
    ) and not stem.endswith("ss"):
        return stem + "e"
    if re.search(r"(?:^|[^aeiou])[aeiou](?:[bdgkmnptr]|l)$", stem) and len(re.findall(r"[aeiouy]+", stem)) == 1:
        return stem + "e"
    if re.search(r"[^aeiou](?:at|ut|ir|ur|ib|ud|ag|in|id)$", stem) and len(re.findall(r"[aeiouy]+", stem)) > 1:
        return stem if stem.endswith(("main", "tain", "eign")) else stem + "e"
    if re.search(r"(?:[^l]l|bl|tl|dl|gl|pl|kl)$", stem) and stem[-2] in "bdgkpt":
        return stem + "e"
    return stem
