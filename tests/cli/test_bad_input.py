"""What a user gets for bad input: one line that names the thing, exit code 2, nothing on standard output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "selfstudy", *arguments], capture_output=True, text=True, timeout=300, cwd=ROOT
    )


@pytest.mark.parametrize(
    ("arguments", "last_line"),
    [
        (
            ("demo", "--docs", "nowhere"),
            "selfstudy: demo: nowhere is not a folder; run from the repository's root, or give --docs",
        ),
        (("demo", "--quiz", "none.jsonl"), "selfstudy: quiz: none.jsonl does not exist"),
        (
            ("demo", "--model", "smollm"),
            "selfstudy: model 'smollm' is neither a known name nor a folder; did you mean smollm2-135m?",
        ),
        (
            ("demo", "--editor", "nowhere"),
            "selfstudy: adapter: nowhere/adapter_config.json is missing; a PEFT adapter folder holds both files",
        ),
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
