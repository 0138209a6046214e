"""SQuAD passages become a document set that `learn` and `quiz` read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from selfstudy.documents.quiz_file import read_quiz
from selfstudy.documents.read import read_documents

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "squad_documents.py"


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True)


def test_passages_and_their_questions(tmp_path: Path) -> None:
    file, out = tmp_path / "squad.json", tmp_path / "set"
    passages = [
        {
            "title": f"Title%C2%A0{n}%27s",
            "context": f"Text {n}.",
            "questions": [{"question": f"Q{n}?", "answer": f"A{n}"}] * 2,
        }
        for n in range(4)
    ]
    file.write_text(json.dumps(passages))
    done = _run(file, "--out", out, "--first", 1, "--count", 2)
    assert done.stdout == f"2 passages and 4 questions in {out}\n"
    documents = read_documents([out / "docs"])
    assert [(d.name, d.passages[0].title, d.passages[0].text) for d in documents] == [
        ("001.md", "Title\u00a01's", "Text 1."),
        ("002.md", "Title\u00a02's", "Text 2."),
    ]
    quiz = read_quiz(out / "quiz.jsonl")
    assert [(q.text, q.answers, q.document) for q in quiz[::2]] == [
        ("Q1?", ("A1",), "001.md"),
        ("Q2?", ("A2",), "002.md"),
    ]
    again = _run(file, "--out", out)
    assert again.returncode == 1
    assert again.stderr == f"squad_documents: {out} exists already; choose another folder for --out\n"
    assert _run(file, "--out", tmp_path / "b", "--first", 9).stderr == (
        f"squad_documents: {file} holds no passage from 9 on\n"
    )


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    file = tmp_path / "squad.json"
    file.write_text('[{"title": "Moss", "context": "Green."}]')
    done = _run(file, "--out", tmp_path / "set")
    assert done.returncode == 1
    assert done.stderr == (f'squad_documents: {file}: entry 0: "questions" must be a list of at least one object\n')
