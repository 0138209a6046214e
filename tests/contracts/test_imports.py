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


WITHOUT = ("gguf", "pydantic", "pydantic_settings", "cyclopts", "sqlalchemy", "alembic", "altair", "rapidfuzz", "bm25s")
IMPORT_ROOMS = f"""
import importlib, pkgutil, sys
for name in {WITHOUT}:
    sys.modules[name] = None  # makes `import name` an ImportError
for room in ("domain", "engine", "models"):
    package = importlib.import_module(f"selfstudy.{{room}}")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{{package.__name__}}.{{module.name}}")
"""


def test_the_engine_needs_torch_and_transformers_alone() -> None:
    """A machine with a GPU, lent for timings, has little else."""
    done = subprocess.run([sys.executable, "-c", IMPORT_ROOMS], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
