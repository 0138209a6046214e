"""A home with one version of a tiny model, made in a moment: its adapter is random, nothing was learned."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from selfstudy.domain.version import Answered, GateResult, Learnt, Score, Scores, Version
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.engine import Engine
from selfstudy.inner_loop.ask import answers
from selfstudy.memory.router import Router, router_bytes
from selfstudy.models.load import load
from selfstudy.models.loaded import LoadedModel
from selfstudy.models.tiny import tiny_model
from selfstudy.store.open import open_store
from tests.engine import small
from tests.models.folders import save

QUESTIONS = tuple(f"What is number {n}?" for n in range(6))
SCORES = Scores(
    "user", Score(1, 18), Score(10, 18), Score(142, 142), Score(120, 142), Score(0, 0), 1.5, 0.25, Score(5, 18),
    Score(7, 18),
)  # fmt: skip
ROUTER = router_bytes(Router({}, (), 0.0))


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run(command: Callable[..., Any], *arguments: object) -> Ran:
    """A command of the program, as `selfstudy` calls it; the user's mistakes are raised."""
    app = App(result_action="return_value", suppress_keyboard_interrupt=False)
    app.default(command)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = app([str(each) for each in arguments])
    return Ran(code or 0, out.getvalue(), err.getvalue())


def mistake(command: Callable[..., Any], *arguments: object) -> str:
    """The one line that a user gets for a mistake."""
    with pytest.raises((ValueError, OSError)) as caught:
        run(command, *arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def model_folder(folder: Path, seed: int = 5) -> Path:
    return save(tiny_model(seed), folder)


def loaded(model: Path) -> tuple[LoadedModel, Engine, Adapter]:
    """The model, its engine, and the version's adapter."""
    found = load(str(model), dtype="float32")
    engine = Engine(found.model, found.identity)
    return found, engine, small.adapter(engine, 1, targets=("q_proj", "v_proj", "down_proj"))


def said(model: Path) -> list[str]:
    """What base and adapter answer, always on."""
    found, engine, adapter = loaded(model)
    return answers(engine, found.chat, QUESTIONS, (adapter,))


def make(home: Path, base: Path, **changes: Any) -> Version:
    """The home's version v1; its first question is answered right, the others are not."""
    _, engine, adapter = loaded(base)
    asked = tuple(Answered(q, (q[-2],) if i else ("",), "", "", False, False) for i, q in enumerate(QUESTIONS))
    with open_store(home) as store, store.lock():
        begun = store.runs.begin("learn", {"documents": {"ferry.md": "d" * 64}}, {"seed": 3})
        blobs = [store.blobs.put(data) for data in (adapter.to_bytes(), ROUTER)]
        version = Version(
            "", None, engine.identity, str(base), blobs[0], blobs[1], begun.id,
            (Learnt("ferry.md", "d" * 64, "n"), Learnt("odd `name`.md", "e" * 64, "n")), SCORES, GateResult(True),
            asked, 12.0, 1000, 61, settings={"seed": 3, "forgotten": 0.05},
        )  # fmt: skip
        made = store.versions.add(replace(version, **changes), None)
        store.runs.finish(begun, "published" if made.gate.published else "refused", made.name)
    return made
