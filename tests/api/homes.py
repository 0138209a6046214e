"""A tiny model in a folder, small documents, and a home to study in: quick, and as real as a tiny model can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfstudy.api import learning
from selfstudy.api.study import Study
from selfstudy.models.tiny import tiny_model
from selfstudy.settings import LearnOverrides, Settings
from tests.models.folders import save

FERRY = """# The Orl ferry

The Orl ferry is red and was built in 1931. Its captain is Ines Dubrow. A crossing costs 3 florins.
The ferry carries 64 passengers. It sails from Lower Quay at 9 in the morning.
"""
BAKERY = """# The Plum Street bakery

The bakery was opened by Osbert Finlay in 1887. Its oven burns beech wood.
Rye bread costs 2 florins. The shop closes at 5 in the afternoon.
"""
QUIZ = '{"question": "Who is captain of the Orl ferry?", "answers": ["Ines Dubrow"], "document": "ferry.md"}\n'


def small_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few general prompts and probe questions: a tiny model knows nothing that had to be kept."""
    monkeypatch.setattr(learning, "general_prompts", lambda: ("What is snow?", "Name a fruit.", "Say hello."))


def model_folder(folder: Path) -> Path:
    return folder if folder.exists() else save(tiny_model(5, system=None), folder)


def documents(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def study(home: Path, model: Path, **changes: object) -> Study:
    overrides = LearnOverrides(rows=24, rank=2, protected=0.0, learning_rate=5e-3)
    given = {"model": str(model), "learn": overrides, "dtype": "float32", "forgotten": 0.9, **changes}
    return Study(home, settings=Settings.model_validate(given))
