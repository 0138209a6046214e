"""What is light stays light: importing the package or the engine's contract loads no torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "peft", "tokenizers", "safetensors", "numpy", "scipy")


@pytest.mark.parametrize("module", ["selfstudy", "selfstudy.engine.contract", "selfstudy.domain.prompt_form"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import {module}, sys; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_help_loads_no_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "selfstudy", "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "selfstudy" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "selfstudy" in loaded
    assert loaded.isdisjoint(("torch", "transformers", "peft", "tokenizers", "scipy"))
