"""The example stays short, and compiles."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).parents[2] / "examples" / "seal_in_one_file.py"


def test_the_method_fits_in_one_file_of_200_lines() -> None:
    source = FILE.read_text(encoding="utf-8")
    compile(source, FILE.name, "exec")
    assert len(source.splitlines()) <= 200
