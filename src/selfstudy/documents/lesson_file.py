"""Lesson files: one JSON object a line with `title`, `text` and `notes` (each `answer` and its `questions`)."""

from __future__ import annotations

from pathlib import Path

from selfstudy.documents.json_lines import is_text, read_json_lines
from selfstudy.domain.lesson import Lesson
from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row


def read_lessons(file: Path) -> tuple[Lesson, ...]:
    """Raises ValueError with file, line and column of all that is not a lesson."""
    return read_json_lines(file, "lessons", "lesson", lambda number, item: _lesson(item, f"{file.stem}-{number}"))


def _lesson(item: object, document: str) -> Lesson:
    if not isinstance(item, dict) or not all(is_text(item.get(key)) for key in ("title", "text")):
        raise ValueError('needs an object with texts "title" and "text"')
    rows = []
    notes = item.get("notes")
    for note in notes if isinstance(notes, list) else ():
        questions = note.get("questions") if isinstance(note, dict) else None
        if not isinstance(questions, list) or not is_text(note.get("answer")) or not all(map(is_text, questions)):
            raise ValueError('a note needs a text "answer" and a list of texts "questions"')
        rows += [Row.question_answer(question, note["answer"], origin="lesson") for question in questions]
    if not rows:
        raise ValueError('"notes" must hold at least one question')
    return Lesson(Passage(document, item["title"], item["text"]), tuple(rows))
