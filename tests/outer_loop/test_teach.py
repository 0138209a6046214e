"""Teaching the editor: which rows it learns from, that it learns, and that the file's mistakes are named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from selfstudy.documents.lesson_file import read_lessons
from selfstudy.domain.lesson import Lesson
from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.outer_loop.teach import TeachSettings, asking_rows, teach
from selfstudy.self_edits import filters
from tests.inner_loop import small

TEACHING = Path(__file__).parent.parent.parent / "examples" / "teaching"
PASSAGE = Passage(
    "a.md", "The Orl ferry", "The Orl ferry is red. Its captain is Ines Dubrow. A crossing costs 3 florins."
)


def _lesson(*pairs: tuple[str, str]) -> Lesson:
    return Lesson(PASSAGE, tuple(Row.question_answer(q, a) for q, a in pairs))


def test_a_note_is_asked_for_with_the_sentence_that_holds_its_answer() -> None:
    (row,) = asking_rows(_lesson(("Who commands the Orl ferry?", "Ines Dubrow"), ("Who was it?", "nobody")))
    assert row.prompt == (
        "About: The Orl ferry\nText: The Orl ferry is red. Its captain is Ines Dubrow.\nAnswer: Ines Dubrow\nQuestion:"
    )
    assert row.target == " Who commands the Orl ferry?"


def test_teaching_lowers_the_loss_on_lessons_that_were_held_out() -> None:
    engine, form = small.engine()
    settings = TeachSettings(held_out=0.5)
    settings = replace(settings, recipe=replace(settings.recipe, epochs=30, learning_rate=1e-2))
    taught = teach(engine, form, [_lesson(("Who?", "red")), _lesson(("Who?", "3 florins"))], settings=settings)
    assert (taught.rows, taught.held_out_rows) == (1, 1)
    assert taught.before is not None
    assert taught.after is not None
    assert taught.after < taught.before - 1


def test_an_article_before_the_answer_is_left_out() -> None:
    """Spans found by rule have none, and the editor is asked about those."""
    passage = Passage("b.md", "The Orl", "The Orl carries A grey goat.")
    lesson = Lesson(passage, (Row.question_answer("What does the Orl carry?", "A grey goat"),))
    (row,) = asking_rows(lesson)
    assert "\nAnswer: grey goat\n" in row.prompt


def test_as_many_questions_as_are_wanted() -> None:
    engine, form = small.engine()
    lesson = _lesson(("Who?", "red"), ("How much?", "3 florins"), ("Who is it?", "Ines Dubrow"))
    settings = TeachSettings(held_out=0.0, most_rows=2)
    assert teach(engine, form, [lesson], settings=settings).rows == 2
    with pytest.raises(ValueError, match=r"most_rows -1 must be at least 0"):
        TeachSettings(most_rows=-1)


def test_nothing_to_learn_from_is_an_error() -> None:
    engine, form = small.engine()
    with pytest.raises(ValueError, match="there is no note to learn from"):
        teach(engine, form, [_lesson(("Who was it?", "nobody"))], settings=TeachSettings())


def test_settings_must_be_shares() -> None:
    with pytest.raises(ValueError, match=r"held_out 1\.0 must be at least 0 and below 1"):
        TeachSettings(held_out=1.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "1:2: not JSON"),
        ("[]", '1:1: needs an object with texts "title" and "text"'),
        (json.dumps({"title": "a", "text": "b", "notes": [{"answer": "c"}]}), '1:1: a note needs a text "answer"'),
        (json.dumps({"title": "a", "text": "b", "notes": []}), '1:1: "notes" must hold at least one question'),
    ],
)
def test_a_faulty_lesson_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "lessons.jsonl"
    file.write_text(line + "\n")
    with pytest.raises(ValueError) as caught:
        read_lessons(file)
    assert f"{file}:{message}" in str(caught.value)


@pytest.mark.parametrize("file", sorted(TEACHING.glob("*.jsonl")), ids=lambda f: f.stem)
def test_our_lessons_are_sound(file: Path) -> None:
    lessons = read_lessons(file)
    assert len(lessons) >= 10
    for lesson in lessons:
        assert len(asking_rows(lesson)) == len(lesson.notes)
        for note in lesson.notes:
            assert filters.stands_in(note.target, lesson.passage.text)
            assert not filters.stands_in(note.target, note.prompt)
