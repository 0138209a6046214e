"""What a job has to do when it learns again."""

from __future__ import annotations

from selfstudy.domain.document import Document
from selfstudy.domain.passage import Passage
from selfstudy.domain.version import Learnt
from selfstudy.memory.changes import changes


def _document(name: str, text: str) -> Document:
    return Document(name, (Passage(name, name, text),))


def _learnt(document: Document) -> Learnt:
    return Learnt(document.name, document.identity, f"notes on {document.name}")


def test_new_changed_and_standing() -> None:
    same, old, new = _document("a", "one"), _document("b", "two"), _document("c", "three")
    absent, edited = _document("d", "four"), _document("b", "two, mended")
    found = changes([same, edited, new], [_learnt(same), _learnt(old), _learnt(absent)])
    assert found.new == (new,)
    assert found.changed == (edited,)
    assert found.to_study == (new, edited)
    assert [each.document for each in found.standing] == ["a", "d"]


def test_nothing_new_is_nothing_to_study() -> None:
    document = _document("a", "one")
    assert changes([document], [_learnt(document)]).to_study == ()
    assert changes([], []).to_study == ()
