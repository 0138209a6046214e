"""Quiz files: one JSON object a line with `question`, `answers` and optionally `document`."""

from __future__ import annotations

from pathlib import Path

from selfstudy.documents.json_lines import is_text, read_json_lines
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.row import Row


def read_quiz(file: Path) -> Quiz:
    """Raises ValueError with file, line and column of all that is not a question with accepted answers."""
    return read_json_lines(file, "quiz", "question", _question)


def read_notes(file: Path) -> tuple[Row, ...]:
    """Question–answer notes of a teacher (`question`, `answer` a line) as rows."""
    return read_json_lines(file, "notes", "note", _note)


def _question(_: int, item: object) -> Question:
    if not isinstance(item, dict) or not is_text(item.get("question")):
        raise ValueError('needs an object with a text "question"')
    answers = item.get("answers")
    if not isinstance(answers, list) or not answers or not all(map(is_text, answers)):
        raise ValueError('"answers" must be a list of at least one text')
    document = item.get("document")
    if not (document is None or is_text(document)):
        raise ValueError('"document" must be the name of a document, or left out')
    return Question(item["question"], tuple(answers), document)


def _note(_: int, item: object) -> Row:
    if not isinstance(item, dict) or not is_text(item.get("question")):
        raise ValueError('needs an object with a text "question"')
    if not is_text(item.get("answer")):
        raise ValueError('needs a text "answer"')
    return Row.question_answer(item["question"], item["answer"], origin="teacher")
