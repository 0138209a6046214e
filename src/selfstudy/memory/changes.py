"""What a learning job has to do: which documents are new, which have changed, which the learner knows already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.domain.document import Document
from selfstudy.domain.version import Learnt


@dataclass(frozen=True)
class Changes:
    """`new` and `changed` documents are to be studied; `standing` ones were learned before and stay as they are."""

    new: tuple[Document, ...]
    changed: tuple[Document, ...]
    standing: tuple[Learnt, ...]

    @property
    def to_study(self) -> tuple[Document, ...]:
        return (*self.new, *self.changed)


def changes(documents: Sequence[Document], learned: Sequence[Learnt]) -> Changes:
    """Compare `documents` with what was `learned`: one of a known name replaces it unless it is the same.

    Documents that were learned and are not among `documents` stand.
    """
    known = {each.document: each for each in learned}
    new = tuple(d for d in documents if d.name not in known)
    changed = tuple(d for d in documents if d.name in known and known[d.name].identity != d.identity)
    replaced = {d.name for d in changed}
    return Changes(new, changed, tuple(each for each in learned if each.document not in replaced))
