"""The same file again, an edited one, a moved one, and another one that is called alike."""

from __future__ import annotations

from selfstudy.domain.document import Document
from selfstudy.domain.passage import Passage
from selfstudy.domain.version import Learnt
from selfstudy.memory.changes import changes
from selfstudy.memory.recognise import recognised

TEXT = "The ferry to Holm leaves at six in the morning and carries goats on Fridays."
EDITED = "The ferry to Holm leaves at nine in the morning and carries goats on Fridays."
OTHER = "Invoices are paid within thirty days of the day on which they were sent out."


def _document(source: str, text: str, name: str = "") -> Document:
    name = name or source.rsplit("/", 1)[1]
    return Document(name, (Passage(name, "", text),), source)


def _names(given: list[Document], known: list[Document]) -> list[str]:
    learned = [Learnt(d.name, d.identity, "n", d.source) for d in known]
    by_name = {d.name: d for d in known}
    found = recognised(given, learned, lambda each: by_name[each.document])
    assert all(p.document == d.name for d in found for p in d.passages)
    return [d.name for d in found]


def test_the_same_file_is_the_same_document_whatever_was_written_into_it() -> None:
    assert _names([_document("/w/a.md", OTHER)], [_document("/w/a.md", TEXT)]) == ["a.md"]


def test_a_file_given_by_another_path_keeps_its_name() -> None:
    assert _names([_document("/w/sub/a.md", EDITED)], [_document("/w/sub/a.md", TEXT, "sub/a.md")]) == ["sub/a.md"]


def test_the_same_text_elsewhere_costs_nothing() -> None:
    given, known = _document("/new/b.md", TEXT), _document("/old/a.md", TEXT)
    learned = [Learnt(known.name, known.identity, "n", known.source)]
    assert _names([given], [known]) == ["a.md"]
    assert changes(recognised([given], learned, lambda _: known), learned).to_study == ()


def test_a_moved_and_edited_file_is_a_newer_state() -> None:
    assert _names([_document("/new/a.md", EDITED)], [_document("/old/a.md", TEXT)]) == ["a.md"]


def test_another_file_of_the_same_name_replaces_nothing() -> None:
    known = [_document("/one/a.md", TEXT)]
    assert _names([_document("/two/a.md", OTHER)], known) == ["two/a.md"]
    known.append(_document("/x/two/a.md", EDITED, "two/a.md"))
    assert _names([_document("/y/two/a.md", OTHER)], known) == ["y/two/a.md"]


def test_lines_of_a_file_keep_their_key() -> None:
    assert _names(
        [_document("/two/a.jsonl#7", OTHER, "a.jsonl#7")], [_document("/one/a.jsonl#7", TEXT, "a.jsonl#7")]
    ) == ["two/a.jsonl#7"]


def test_a_renamed_file_and_a_new_one_in_its_place() -> None:
    given = [_document("/w/a.md", OTHER), _document("/w/b.md", TEXT)]
    assert _names(given, [_document("/w/a.md", TEXT)]) == ["a.md", "b.md"]


def test_without_a_source_names_alone_tell() -> None:
    given = Document("a.md", (Passage("a.md", "", EDITED),))
    assert _names([given], [_document("/w/a.md", TEXT)]) == ["a.md"]
