"""Lesson files: one JSON object a line with `title`, `text` and `notes` (each `answer` and its `questions`)."""

from __future__ import annotations

from pathlib import Path

from selfstudy.documents.json_lines import read_json_lines
from selfstudy.domain.lesson import Lesson
from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row


def read_lessons(file: Path) -> tuple[Lesson, ...]:
    """Raises ValueError that names file and line for anything that is not a lesson."""
    return tuple(
        _lesson(item, f"{file}, line {number}", f"{file.stem}-{number}")
        for number, item in read_json_lines(file, "lessons", "lesson")
    )


def _lesson(item: object, place: str, document: str) -> Lesson:
    if not isinstance(item, dict) or not all(_text(item.get(key)) for key in ("title", "text")):
        raise ValueError(f'{place}: needs an object with texts "title" and "text"')
    rows = []
    notes = item.get("notes")
    for note in notes if isinstance(notes, list) else ():
        questions = note.get("questions") if isinstance(note, dict) else None
        if not isinstance(questions, list) or not _text(note.get("answer")) or not all(map(_text, questions)):
            raise ValueError(f'{place}: a note needs a text "answer" and a list of texts "questions"')
        rows += [Row.question_answer(question, note["answer"], origin="lesson") for question in questions]
    if not rows:
        raise ValueError(f'{place}: "notes" must hold at least one question')
    return Lesson(Passage(document, item["title"], item["text"]), tuple(rows))


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
