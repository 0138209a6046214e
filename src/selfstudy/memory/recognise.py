"""Which documents of a home the documents at hand are: the same file again, or another one that is called alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import PurePath

from selfstudy.domain.document import Document
from selfstudy.domain.version import Learnt

WORDS = 3
"""Texts are compared by their runs of this many words."""
ALIKE = 0.2
"""The share of such runs, of the text that has fewer, above which a text is an edited state of another one."""


def recognised(
    documents: Sequence[Document], learned: Sequence[Learnt], older: Callable[[Learnt], Document]
) -> tuple[Document, ...]:
    """`documents` under the names that they have, or are to have, among those that were `learned`.

    A document from the file that a learned one came from is that one, whatever it is called by the path given now; so
    is one of the same text. A document of a learned one's name from another file is a newer state of it if the texts
    are alike (the file was moved and edited); otherwise it is another document, and more of its path makes its name.
    `older` gives a learned document as it was read.
    """
    left = {each.document: each for each in learned}
    names: dict[int, str] = {}

    def claim(number: int, same: Learnt | None) -> None:
        if same is not None and number not in names and same.document in left:
            names[number] = left.pop(same.document).document

    for key in ("source", "identity"):
        known = {getattr(each, key): each for each in learned if getattr(each, key)}
        for number, document in enumerate(documents):
            claim(number, known.get(getattr(document, key)))
    for number, document in enumerate(documents):
        namesake = left.get(document.name)
        claim(number, namesake if namesake and alike(older(namesake), document) else None)
    taken = {each.document for each in learned} | {*names.values()}
    out = []
    for number, document in enumerate(documents):
        name = names.get(number) or _free(document, taken)
        taken.add(name)
        out.append(document if document.name == name else document.named(name))
    return tuple(out)


def alike(one: Document, other: Document) -> bool:
    """Whether one text may have been made of the other."""
    runs = [_runs(document) for document in (one, other)]
    fewer = min(map(len, runs))
    return fewer == 0 or len(runs[0] & runs[1]) / fewer > ALIKE


def _runs(document: Document) -> set[tuple[str, ...]]:
    words = " ".join(p.text for p in document.passages).casefold().split()
    return {tuple(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}


def _free(document: Document, taken: Collection[str]) -> str:
    """The document's name, or the shortest end of its path that is longer, that is not `taken`."""
    file, mark, key = document.source.partition("#")
    parts = PurePath(file).parts
    longer = ("/".join(parts[-count:]) + mark + key for count in range(2, len(parts) + 1))
    return next((name for name in (document.name, *longer) if name not in taken), document.name)
