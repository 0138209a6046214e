"""Self-edit formats by name."""

from __future__ import annotations

from dataclasses import replace

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


def get_format(name: str, *, facts: int | None = None) -> Format:
    """The format called `name`, taking up to `facts` facts a passage instead of as many as it would.

    Raises:
        KeyError: there is no such format; the message lists those there are.
        TypeError: `facts` of a format that takes none.
    """
    if name not in FORMATS:
        raise KeyError(f"no self-edit format {name!r}; known: {', '.join(sorted(FORMATS))}")
    found = FORMATS[name]
    return found if facts is None else replace(found, facts=facts)  # type: ignore[type-var]
