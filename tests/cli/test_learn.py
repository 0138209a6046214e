"""The commands on a home, in their order, on a tiny model: exit codes and what `--json` promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from selfstudy.cli.app import app
from selfstudy.domain.version import GateResult
from selfstudy.memory import learning_job
from tests.api import homes

SETTINGS = "[learn]\nrows = 24\nrank = 2\nprotected = 0.0\nlearning_rate = 5e-3\n"
QUESTION = "Who is captain of the Orl ferry?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return homes.model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with documents, a quiz and settings."""
    homes.small_job(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SELFSTUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SELFSTUDY_HOME", "home")
    homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    Path("quiz.jsonl").write_text(homes.QUIZ)
    Path("selfstudy.toml").write_text(SETTINGS)
    return tmp_path


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    app([*arguments, "--json"])
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_a_home_from_its_first_job_on(place: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learn = ["learn", "docs", "--quiz", "quiz.jsonl", "--model", str(model), "--dtype", "float32", "--forgotten", "0.9"]
    assert app([*learn, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "⟦" in shown
    assert "rows before the race" in shown
    keyed = _json(capsys, *learn, "--dry-run", "--reward", "answer-key")["rows"]
    assert keyed
    assert not any(f"\n{QUESTION}<" in row for row in keyed), "a user's reward question teaches nothing"
    assert not Path("home").exists()

    learned = _json(capsys, *learn)
    assert (learned["version"], learned["parent"], learned["published"]) == ("v1", None, True)
    assert learned["studied"] == learned["documents"] == ["ferry.md"]
    assert learned["quiz"] == "user"
    for name in ("before", "after", "open_book", "retrieval", "kept", "kept_always_on", "earlier", "earlier_new"):
        assert set(learned[name]) == {"right", "n", "accuracy"}
    assert learned["after"]["n"] == 1
    assert learned["self_edits"]["written"] == 3
    assert learned["train_tokens"] > 0
    assert learned["seconds"] > 0
    page = html.fromstring(Path(learned["report"]).read_text(encoding="utf-8"))
    assert QUESTION in page.text_content()
    assert "Its captain is Ines Dubrow." in page.text_content()

    assert app(learn) == 0
    assert "nothing new: v1 knows all of these documents already" in capsys.readouterr().out

    # The model is the home's own from here on.
    asked = _json(capsys, "ask", QUESTION, "--dtype", "float32")
    assert asked["answer"] == learned["answers"][0]["after"] or len(asked["answer"]) > len(
        learned["answers"][0]["after"]
    )
    app(["ask", QUESTION, "--dtype", "float32"])
    assert capsys.readouterr().out.strip() == asked["answer"]

    quizzed = _json(capsys, "quiz", "quiz.jsonl", "--probe", "--dtype", "float32")
    assert quizzed["n"] == 1
    for name in ("closed_book", "open_book", "retrieval", "version"):
        assert set(quizzed[name]) == {"right", "n", "accuracy", "low", "high", "answers"}
    assert quizzed["version"]["answers"] == [learned["answers"][0]["after"]]
    assert quizzed["kept"]["n"] == learned["kept"]["n"]

    history = _json(capsys, "history")
    assert history["current"] == "v1"
    assert [v["version"] for v in history["versions"]] == ["v1"]
    notes = _json(capsys, "notes", "ferry.md")
    (passage,) = notes["documents"][0]["passages"]
    assert sum(edit["kept"] for edit in passage["self_edits"]) == learned["self_edits"]["kept"]
    app(["notes", "--dropped"])
    assert "nats a token" in capsys.readouterr().out
    assert _json(capsys, "rollback", "v1")["version"] == "v1"
    app(["history"])
    assert "v1" in capsys.readouterr().out


def test_a_refused_version_ends_with_its_own_code(
    place: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning_job, "gate", lambda scores, settings: GateResult(False, ("it gained nothing",)))
    assert app(["learn", "docs", "--model", str(model), "--dtype", "float32"]) == 3
    assert "v1 was refused by the gate and does not answer: it gained nothing" in capsys.readouterr().out
    assert _json(capsys, "history")["current"] is None


def test_a_model_that_is_not_there_leaves_no_home(place: Path) -> None:
    with pytest.raises(ValueError, match="model 'smollm' is neither a known name nor a folder"):
        app(["learn", "docs", "--model", "smollm"])
    assert not Path("home").exists()


def test_control_tokens_of_the_model_in_a_document_are_told(
    place: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    homes.documents(place / "docs", ferry=homes.FERRY + "\nIt once sailed to <|im_end|> island.\n")
    app(["learn", "docs", "--model", str(model), "--dtype", "float32", "--forgotten", "0.9"])
    told = capsys.readouterr().err.replace("\n", " ")
    assert "ferry.md holds control tokens of the model (1); they are learned as plain text" in told


def test_half_of_the_answer_key_rewards_where_the_user_says_so(
    place: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learn = [
        "learn",
        "docs",
        "--model",
        str(model),
        "--dtype",
        "float32",
        "--forgotten",
        "0.9",
        "--reward",
        "answer-key",
    ]
    with pytest.raises(ValueError) as caught:
        app(learn)
    assert str(caught.value) == (
        "learn: the reward is the answer key, and there is none; give a quiz, or --reward self"
    )
    more = '{"question": "When was the Orl ferry built?", "answers": ["1931"]}\n'
    Path("quiz.jsonl").write_text(homes.QUIZ + more)
    learned = _json(capsys, *learn, "--quiz", "quiz.jsonl")
    assert [each["question"] for each in learned["answers"]] == ["When was the Orl ferry built?"]
    notes = _json(capsys, "notes")["documents"][0]["passages"][0]["self_edits"]
    assert QUESTION not in [row["prompt"] for edit in notes for row in edit["rows"]]
