"""Documents and quiz files: what is read, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selfstudy.documents.lesson_file import read_lessons
from selfstudy.documents.markdown import read_passages, split
from selfstudy.documents.paragraphs import LONGEST
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


QUESTION = '{"question": "Who?", "answers": ["Ines"]}'


def _refused(tmp_path: Path, content: str | bytes) -> str:
    """What is said of a quiz, with QUIZ for the path of its file."""
    file = tmp_path / "quiz.jsonl"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ValueError) as caught:
        read_quiz(file)
    return str(caught.value).replace(str(file), "QUIZ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "QUIZ:1:2: not JSON (Expecting property name enclosed in double quotes)"),
        (f"{QUESTION}\n\n  {{'a': 1}}", "QUIZ:3:4: not JSON (Expecting property name enclosed in double quotes)"),
        ("[]", 'QUIZ:1:1: needs an object with a text "question"'),
        ('  {"question": " "}', 'QUIZ:1:3: needs an object with a text "question"'),
        ('{"question": "Who?", "answers": []}', 'QUIZ:1:1: "answers" must be a list of at least one text'),
        ('{"question": "Who?", "answers": ["a", 1]}', 'QUIZ:1:1: "answers" must be a list of at least one text'),
        (
            '{"question": "Who?", "answers": ["a"], "document": 3}',
            'QUIZ:1:1: "document" must be the name of a document, or left out',
        ),
        ('{"question": "a", "weight": NaN}', "QUIZ:1:29: not JSON (NaN is no number of JSON's)"),
        ('{"question": "a", "question": "b"}', 'QUIZ:1:19: the key "question" stands twice in one object'),
        ('{"question": "\\ud800"}', "QUIZ:1:14: half of a surrogate pair, which is no character"),
        ("[" * 200_000, "QUIZ:1:101: nested more than 100 levels deep"),
        ('{"question": ' + "9" * 5000 + "}", "QUIZ:1:14: the number is too large"),
        ("", "quiz: QUIZ holds no question"),
        ("\ufeff \n", "quiz: QUIZ holds no question"),
        (b'{"q\xff', "quiz: QUIZ is not UTF-8 text (byte 3); save it as UTF-8"),
        (b'{"\0"}', "quiz: QUIZ is not text (NUL at byte 2); leave it out, or save it as UTF-8 text"),
    ],
)
def test_a_bad_quiz_is_named_with_its_place(tmp_path: Path, content: str | bytes, message: str) -> None:
    assert _refused(tmp_path, content) == message


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        read_quiz(tmp_path / "none.jsonl")
    assert str(caught.value) == f"quiz: {tmp_path}/none.jsonl does not exist"
    with pytest.raises(ValueError) as caught:
        read_quiz(tmp_path)
    assert str(caught.value) == f"quiz: {tmp_path} is not a file"


def test_twenty_problems_are_told_in_the_order_of_their_lines_and_the_rest_is_counted(tmp_path: Path) -> None:
    kinds = [("[]", 'needs an object with a text "question"'), ("nil", "not JSON (Expecting value)")]
    said = _refused(tmp_path, "\n".join(content for content, _ in kinds * 11)).split("\n")
    told = [f"QUIZ:{number}:1: {message}" for number, (_, message) in enumerate(kinds * 10, start=1)]
    assert said == [*told, "and 2 more problems"]
    assert _refused(tmp_path, "[]\n" * 21).split("\n")[-1] == "and 1 more problem"
    assert len(_refused(tmp_path, "[]\n" * 20).split("\n")) == 20


def test_a_quiz_may_have_a_byte_order_mark_any_line_ends_and_separators_in_texts(tmp_path: Path) -> None:
    file = tmp_path / "quiz.jsonl"
    two_lines = json.dumps({"question": "One\u2028two?", "answers": ["Ines"]}, ensure_ascii=False)
    file.write_bytes(f"\ufeff{QUESTION}\r\n{two_lines}\r{QUESTION}".encode())
    assert [question.text for question in read_quiz(file)] == ["Who?", "One\u2028two?", "Who?"]


def test_notes_become_rows(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_text('{"question": "Who?", "answer": "Ines"}\n\n')
    (row,) = read_notes(file)
    assert (row.prompt, row.target, row.origin) == ("Who?", "Ines", "teacher")
    file.write_text('{"question": "Who?"}\n{"answer": "Ines"}\n')
    with pytest.raises(ValueError) as caught:
        read_notes(file)
    assert str(caught.value) == (
        f'{file}:1:1: needs a text "answer"\n{file}:2:1: needs an object with a text "question"'
    )


def test_all_faulty_lessons_are_named(tmp_path: Path) -> None:
    file = tmp_path / "lessons.jsonl"
    sound = json.dumps({"title": "a", "text": "b", "notes": [{"answer": "c", "questions": ["d?"]}]})
    file.write_text(f'{{"title": "a", "text": "b", "notes": []}}\n{sound}\n{{}}\n')
    with pytest.raises(ValueError) as caught:
        read_lessons(file)
    assert str(caught.value) == (
        f'{file}:1:1: "notes" must hold at least one question\n'
        f'{file}:3:1: needs an object with texts "title" and "text"'
    )
    file.write_text(f"\n{sound}\n")
    (lesson,) = read_lessons(file)
    assert (lesson.passage.document, lesson.notes[0].prompt) == ("lessons-2", "d?")


def test_a_paragraph_that_is_too_long_is_cut_between_sentences() -> None:
    sentences = [f"Boat {n} sails on day {n} with {n} goats and a cook." for n in range(60)]
    found = split("log.txt", " ".join(sentences))
    assert len(found) > 1
    assert [s for p in found for s in p.sentences] == sentences
    assert all(len(p.text.split()) <= LONGEST for p in found)


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    found = split("log.txt", "word " * (2 * LONGEST + 30))
    assert [len(p.text.split()) for p in found] == [LONGEST, LONGEST, 30]
