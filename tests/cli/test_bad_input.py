"""What a user gets for bad input: one line that names the thing, exit code 2, nothing on standard output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = "examples/docs"
HOME = "no/such/home"
NO_STORE = "is not empty and holds no store; choose an empty or a new folder as --home"
BOTH = "exclude each other"
NOTHING = "does not exist: nothing was learned there yet; start with `selfstudy learn`"


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "selfstudy", *arguments], capture_output=True, text=True, timeout=300, cwd=ROOT
    )


@pytest.mark.parametrize("arguments", [("lern",), ("learn",), ("learn", DOCS, "--sed", "1"), ("ask",)])
def test_what_is_no_command_or_option_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = _run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "last_line"),
    [
        (("learn", "nowhere", "--home", HOME), "selfstudy: document: nowhere does not exist"),
        (("learn", DOCS, "--home", HOME, "--quiz", "none.jsonl"), "selfstudy: quiz: none.jsonl does not exist"),
        (
            ("learn", DOCS, "--home", HOME, "--model", "smollm"),
            "selfstudy: model 'smollm' is neither a known name nor a folder; did you mean smollm2-135m?",
        ),
        (
            ("learn", DOCS, "--home", HOME, "--forgotten", "1"),
            "selfstudy: --forgotten: forgotten 1.0: input should be less than 1",
        ),
        (("learn", DOCS, "--home", "tests"), f"selfstudy: {ROOT / 'tests'} {NO_STORE}"),
        (("ask", "Who?", "--home", HOME, "--base", "--version", "v1"), f"selfstudy: ask: --version and --base {BOTH}"),
        (("ask", " ", "--home", HOME), "selfstudy: ask: the question is empty"),
        (("history", "--home", HOME), f"selfstudy: {HOME} {NOTHING}"),
        (("rollback", "v1", "--home", HOME), f"selfstudy: {HOME} {NOTHING}"),
        (("notes", "--home", HOME), f"selfstudy: {HOME} {NOTHING}"),
        (("report", "--home", HOME), f"selfstudy: {HOME} {NOTHING}"),
        (("solve", "none.json"), "selfstudy: puzzle: none.json does not exist"),
        (("teach-editor", "none.jsonl", "--out", "new"), "selfstudy: lessons: none.jsonl does not exist"),
        (
            ("teach-editor", "none.jsonl", "--out", "tests"),
            "selfstudy: teach-editor: tests exists already; choose another folder for --out",
        ),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], last_line: str) -> None:
    done = _run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip().splitlines()[-1] == last_line
    assert "Traceback" not in done.stderr
    assert not (ROOT / HOME).exists()
