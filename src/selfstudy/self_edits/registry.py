"""Self-edit formats by name."""

from __future__ import annotations

from selfstudy.self_edits.cloze import Cloze
from selfstudy.self_edits.contract import Format
from selfstudy.self_edits.implications import Implications
from selfstudy.self_edits.question_answer import QuestionAnswer
from selfstudy.self_edits.questions import Questions
from selfstudy.self_edits.raw import Raw
from selfstudy.self_edits.rewrite import Rewrite

FORMATS: dict[str, Format] = {
    f.name: f for f in (Raw(), Rewrite(), Implications(), QuestionAnswer(), Cloze(), Questions())
}


def get_format(name: str) -> Format:
    """The format called `name`; a KeyError that lists the known ones otherwise."""
    if name not in FORMATS:
        raise KeyError(f"no self-edit format {name!r}; known: {', '.join(sorted(FORMATS))}")
    return FORMATS[name]
