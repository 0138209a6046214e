"""Quiz files: one JSON object a line with `question`, `answers` and optionally `document`."""

from __future__ import annotations

from pathlib import Path

from selfstudy.documents.json_lines import read_json_lines
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.row import Row


def _lines(file: Path) -> list[tuple[int, dict[str, object]]]:
    found: list[tuple[int, dict[str, object]]] = []
    for number, item in read_json_lines(file, "quiz", "question"):
        if not isinstance(item, dict) or not isinstance(item.get("question"), str) or not item["question"].strip():
            raise ValueError(f'{file}, line {number}: needs an object with a text "question"')
        found.append((number, item))
    return found


def read_quiz(file: Path) -> Quiz:
    """Raises ValueError that names file and line for anything that is not a question with accepted answers."""
    quiz = []
    for number, item in _lines(file):
        answers = item.get("answers")
        if not isinstance(answers, list) or not answers or not all(isinstance(a, str) and a.strip() for a in answers):
            raise ValueError(f'{file}, line {number}: "answers" must be a list of at least one text')
        document = item.get("document")
        quiz.append(Question(str(item["question"]), tuple(answers), document if isinstance(document, str) else None))
    return tuple(quiz)


def read_notes(file: Path) -> tuple[Row, ...]:
    """Question–answer notes of a teacher (`question`, `answer` a line) as rows."""
    rows = []
    for number, item in _lines(file):
        answer = item.get("answer")
        if not isinstance(answer, str) or not answer.strip():
            raise ValueError(f'{file}, line {number}: needs a text "answer"')
        rows.append(Row.question_answer(str(item["question"]), answer, origin="teacher"))
    return tuple(rows)
