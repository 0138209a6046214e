"""`selfstudy grade`: what it prints, and what it says of a bad file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ANSWERS = [
    ("Edda Holm", "It was Edda Holm.", True, "small"),
    ("Edda Holm", "Jon Brekke", False, "small"),
    ("twelve", "12", True, "large"),
    ("twelve", "forty", True, "large"),
]


def _entries(**left_out: object) -> list[dict[str, object]]:
    names = ("gold", "answer", "judged_correct", "model")
    entries = [{"question": "Who or how many?", **dict(zip(names, each, strict=True))} for each in ANSWERS]
    return [{k: v for k, v in entry.items() if k not in left_out} for entry in entries]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "selfstudy", "grade", *arguments], capture_output=True, text=True, timeout=120
    )


def _file(folder: Path, content: object) -> str:
    file = folder / "answers.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(file)


def test_json_with_verdicts_and_groups(tmp_path: Path) -> None:
    done = _run(_file(tmp_path, _entries()), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["verdicts"] == [True, False, True, False]
    assert (found["n"], found["accuracy"], found["judged_accuracy"], found["agreement"]) == (4, 0.5, 0.75, 0.75)
    assert found["kappa"] == pytest.approx(0.5)
    assert [(g["model"], g["n"], g["accuracy"], g["agreement"]) for g in found["groups"]] == [
        ("large", 2, 0.5, 0.5),
        ("small", 2, 0.5, 1.0),
    ]


def test_json_without_verdicts_has_accuracy_alone(tmp_path: Path) -> None:
    done = _run(_file(tmp_path, _entries(judged_correct=0, model=0)), "--json")
    found = json.loads(done.stdout)
    assert (found["n"], found["accuracy"]) == (4, 0.5)
    assert (found["judged_accuracy"], found["agreement"], found["kappa"]) == (None, None, None)
    assert "groups" not in found


def test_a_field_of_choice_makes_groups(tmp_path: Path) -> None:
    done = _run(_file(tmp_path, _entries()), "--json", "--by", "gold", "--by", "model")
    assert [(g["gold"], g["model"]) for g in json.loads(done.stdout)["groups"]] == [
        ("Edda Holm", "small"),
        ("twelve", "large"),
    ]


def test_the_table(tmp_path: Path) -> None:
    done = _run(_file(tmp_path, _entries()))
    assert done.returncode == 0
    assert [word for word in ("4 answers", "large", "small", "75.0%", "0.500") if word not in done.stdout] == []


ENTRY = _entries()[0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('[\n  {"question": "Who?",, "gold": 1}\n]', "{file}:2:23: not JSON ("),
        ("[]", "answers: {file} must hold a list of at least one object"),
        ("{}", "answers: {file} must hold a list of at least one object"),
        ([ENTRY, 1], '{file}: entry 2: needs an object with "question", "gold" and "answer"'),
        ([{**ENTRY, "question": " "}], '{file}: entry 1: "question" must be a text'),
        ([ENTRY, {**ENTRY, "gold": []}], '{file}: entry 2: "gold" must be a text, or a list of at least one text'),
        ([{"question": "?", "gold": "x"}], '{file}: entry 1: "answer" must be a text; it may be empty'),
        ([{**ENTRY, "judged_correct": 1}], '{file}: entry 1: "judged_correct" must be true or false, or left out'),
        (
            [ENTRY, {**ENTRY, "judged_correct": None}],
            '{file}: entry 2: "judged_correct" is missing, and other entries have it',
        ),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, content: object, problem: str) -> None:
    file = _file(tmp_path, content)
    done = _run(file, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    expected = f"selfstudy: {problem.format(file=file)}" if "{file}" in problem else problem
    assert line == expected or (expected.endswith("(") and line.startswith(expected))


def test_a_missing_file_and_an_unknown_field(tmp_path: Path) -> None:
    done = _run("none.json")
    assert (done.returncode, done.stderr) == (2, "selfstudy: answers: none.json does not exist\n")
    file = _file(tmp_path, _entries())
    done = _run(file, "--by", "colour")
    assert (done.returncode, done.stderr) == (2, f"selfstudy: grade: --by colour: no entry of {file} has that field\n")


def test_grading_loads_no_torch(tmp_path: Path) -> None:
    code = "import sys; from selfstudy.cli.grade import grade; from pathlib import Path; grade(Path(sys.argv[1])); "
    code += "print(*[m for m in ('torch', 'transformers', 'scipy', 'numpy') if m in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, _file(tmp_path, _entries())], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr.split()) == (0, [])
