"""Documents and quiz files: what is read, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfstudy.documents.markdown import LONGEST, read_passages, split
from selfstudy.documents.quiz_file import read_notes, read_quiz


def test_the_heading_is_the_title_and_paragraphs_stay_together() -> None:
    (passage,) = split("a.md", "# The pump\n\nOne line.\n\nAnother line.\n")
    assert (passage.document, passage.title, passage.text) == ("a.md", "The pump", "One line.\n\nAnother line.")


def test_without_a_heading_the_file_names_the_passage() -> None:
    (passage,) = split("night_shift.txt", "We begin at ten.")
    assert passage.title == "night shift"


def test_long_texts_are_cut_between_paragraphs_and_lose_nothing() -> None:
    paragraphs = [" ".join([f"w{i}"] * 90) for i in range(7)]
    found = split("a.md", "\n\n".join(paragraphs))
    assert "\n\n".join(p.text for p in found).split("\n\n") == paragraphs
    assert all(len(p.text.split()) <= LONGEST for p in found)
    assert len(found) == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "document: {file} does not exist"),
        (b"\xff\xfe\x00", "document: {file} is not UTF-8 text; convert it first"),
        (b"# Title only\n", "document: {file} holds no text"),
    ],
)
def test_bad_documents_are_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "a.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        read_passages([file])
    assert str(caught.value) == message.format(file=file)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "{file}, line 1: not JSON (Expecting property name enclosed in double quotes)"),
        ("[]", '{file}, line 1: needs an object with a text "question"'),
        ('{"question": " "}', '{file}, line 1: needs an object with a text "question"'),
        ('{"question": "Who?", "answers": []}', '{file}, line 1: "answers" must be a list of at least one text'),
        ("", "quiz: {file} holds no question"),
    ],
)
def test_bad_quiz_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "quiz.jsonl"
    file.write_text(line)
    with pytest.raises(ValueError) as caught:
        read_quiz(file)
    assert str(caught.value) == message.replace("{file}", str(file))


def test_a_quiz_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "quiz.jsonl"
    file.write_bytes(b'{"q\xff')
    with pytest.raises(ValueError) as caught:
        read_quiz(file)
    assert str(caught.value) == f"quiz: {file} is not UTF-8 text (byte 3)"


def test_notes_become_rows(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_text('{"question": "Who?", "answer": "Ines"}\n\n')
    (row,) = read_notes(file)
    assert (row.prompt, row.target, row.origin) == ("Who?", "Ines", "teacher")
    file.write_text('{"question": "Who?"}\n')
    with pytest.raises(ValueError) as caught:
        read_notes(file)
    assert str(caught.value) == f'{file}, line 1: needs a text "answer"'
