"""Lesson files: one JSON object a line with `title`, `text` and `notes` (each `answer` and its `questions`)."""

from __future__ import annotations

import json
from pathlib import Path

from selfstudy.domain.lesson import Lesson
from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row


def read_lessons(file: Path) -> tuple[Lesson, ...]:
    """Raises ValueError that names file and line for anything that is not a lesson."""
    if not file.is_file():
        raise ValueError(f"lessons: {file} does not exist")
    found = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"lessons: {file} is not UTF-8 text (byte {error.start})") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found.append(_lesson(line, f"{file}, line {number}", f"{file.stem}-{number}"))
    if not found:
        raise ValueError(f"lessons: {file} holds no lesson")
    return tuple(found)


def _lesson(line: str, place: str, document: str) -> Lesson:
    try:
        item = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{place}: not JSON ({error.msg})") from error
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
