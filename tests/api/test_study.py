"""A home from its first document on: learn, learn again, ask, go back, on a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from selfstudy.api import records
from selfstudy.api.study import Study
from selfstudy.domain.version import GateResult
from selfstudy.engine.adapter import Adapter
from selfstudy.memory import learning_job
from selfstudy.memory.learn import Learned
from selfstudy.store.open import open_store
from tests.api import homes


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return homes.model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    homes.small_job(monkeypatch)
    monkeypatch.setenv("SELFSTUDY_CACHE", str(tmp_path / "cache"))


def test_a_home_grows_and_goes_back(tmp_path: Path, model: Path) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    study = homes.study(tmp_path / "home", model)
    first = study.learn([docs])
    assert (first.version.name, first.version.parent, first.studied) == ("v1", None, ("ferry.md",))
    assert first.self_edits_written == 3
    assert 0 < first.self_edits_kept <= 3
    assert first.version.scores.quiz == "self"
    assert first.version.scores.after.n > 0
    assert first.version.gate.published, first.version.gate.reasons
    said = study.ask("Who is captain of the Orl ferry?")

    again = study.learn([docs])  # nothing has changed, so nothing is done
    assert (again.version, again.studied) == (first.version, ())

    homes.documents(docs, bakery=homes.BAKERY)
    second = study.learn([docs])
    assert (second.version.name, second.version.parent, second.studied) == ("v2", "v1", ("bakery.md",))
    assert [each.document for each in second.version.documents] == ["ferry.md", "bakery.md"]
    notes = study.notes()
    asked = {row.prompt for each in notes for edit in each.notes.kept for row in edit.rows}
    assert any("Orl" in text for text in asked)
    assert [each.document.name for each in study.notes("bakery.md")] == ["bakery.md"]

    history = study.history()
    assert [v.name for v in history.versions] == ["v1", "v2"]
    assert history.current == ("v2" if second.version.gate.published else "v1")
    assert study.rollback("v1").name == "v1"
    assert study.history().current == "v1"
    assert study.ask("Who is captain of the Orl ferry?") == said


def test_a_changed_document_replaces_its_notes(tmp_path: Path, model: Path) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    study = homes.study(tmp_path / "home", model)
    study.learn([docs])
    homes.documents(docs, ferry=homes.FERRY.replace("Ines Dubrow", "Tam Orrick"))
    found = study.learn([docs])
    assert found.studied == ("ferry.md",)
    (notes,) = study.notes(version=found.version.name)
    rows = [f"{row.prompt} {row.target}" for edit in notes.notes.kept for row in edit.rows]
    assert not any("Dubrow" in text for text in rows)
    assert any("Orrick" in text for text in rows)


def test_learning_goes_on_from_the_parent_unless_something_is_to_be_forgotten(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, begun = learning_job.train_on_notes, list[tuple[bool, bool]]()

    def train_on_notes(*args: Any, start: Adapter | None, **more: Any) -> Learned:
        begun.append((start is not None, bool(more["known"])))
        return whole(*args, start=start, **more)

    monkeypatch.setattr(learning_job, "train_on_notes", train_on_notes)
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    study = homes.study(tmp_path / "home", model)
    study.learn([docs])
    homes.documents(docs, bakery=homes.BAKERY)
    study.learn([docs])
    homes.documents(docs, ferry=homes.FERRY.replace("Ines Dubrow", "Tam Orrick"))
    study.learn([docs])
    assert begun == [(False, False), (True, True), (False, True)]


def test_an_interrupted_job_goes_on_and_ends_the_same(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    whole = homes.study(tmp_path / "one", model).learn([docs]).version
    study = homes.study(tmp_path / "two", model)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.learn([docs], progress=stop)
    said: list[str] = []
    found = study.learn([docs], say=said.append).version
    assert any(line.startswith("going on with the job that was begun") for line in said)
    assert (found.adapter, found.router, found.scores, found.answered) == (
        whole.adapter, whole.router, whole.scores, whole.answered,
    )  # fmt: skip


def test_an_interrupted_job_with_other_settings_is_refused_by_their_names(tmp_path: Path, model: Path) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        homes.study(tmp_path / "home", model).learn([docs], progress=stop)
    other = homes.study(tmp_path / "home", model, seed=1)
    with pytest.raises(ValueError) as caught:
        other.learn([docs])
    assert str(caught.value) == (
        "learn: a run on the same inputs is unfinished, and its settings differ: seed was 0, now 1. "
        "The same settings go on with it, --fresh starts anew"
    )
    assert other.learn([docs], fresh=True).version.name == "v1"


def test_a_refused_version_is_kept_and_does_not_answer(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    study = homes.study(tmp_path / "home", model)
    monkeypatch.setattr(learning_job, "gate", lambda scores, settings: GateResult(False, ("it gained nothing",)))
    found = study.learn([docs]).version
    assert (found.name, found.gate.published) == ("v1", False)
    assert study.history().current is None
    with pytest.raises(ValueError, match="v1 was refused by its gate"):
        study.rollback("v1")


def test_a_damaged_version_says_so_and_the_last_good_one_answers(tmp_path: Path, model: Path) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    study = homes.study(tmp_path / "home", model)
    study.learn([docs])
    good = study.ask("Who is captain of the Orl ferry?")
    homes.documents(docs, bakery=homes.BAKERY)
    second = study.learn([docs]).version
    if not second.gate.published:
        pytest.skip("the tiny model forgot too much to publish a second version")
    blob = tmp_path / "home" / "blobs" / second.adapter
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(bytes(data))
    said: list[str] = []
    assert study.ask("Who is captain of the Orl ferry?", say=said.append) == good
    assert said[0].startswith(f"version v2 cannot answer: {blob} is damaged")
    assert said[1] == "v1 answers instead"


def test_a_quiz_is_answered_in_every_way(tmp_path: Path, model: Path) -> None:
    docs = homes.documents(tmp_path / "docs", ferry=homes.FERRY)
    quiz = tmp_path / "quiz.jsonl"
    quiz.write_text(homes.QUIZ)
    study = homes.study(tmp_path / "home", model)
    before = study.quiz(quiz) if study.home.is_dir() else None
    assert before is None
    version = study.learn([docs], quiz=quiz).version
    assert (version.scores.quiz, version.scores.after.n) == ("user", 1)
    assert version.answered[0].question == "Who is captain of the Orl ferry?"
    found = study.quiz(quiz, probe=True)
    assert found.version is not None
    assert found.version.said == tuple(each.after for each in version.answered)
    assert found.closed_book.said == tuple(each.before for each in version.answered)
    assert found.open_book is not None
    assert found.open_book.score == version.scores.open_book
    assert found.kept is not None
    closed = study.quiz(quiz, in_context=False)
    assert (closed.version, closed.closed_book) == (found.version, found.closed_book)
    assert (closed.open_book, closed.retrieval, closed.kept) == (None, None, None)


def test_what_is_not_there(tmp_path: Path, model: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(ValueError) as caught:
        records.history(home)
    assert str(caught.value) == f"{home} does not exist: nothing was learned there yet; start with `selfstudy learn`"
    open_store(home).close()
    with pytest.raises(ValueError) as caught:
        records.notes(home)
    assert str(caught.value) == f"notes: nothing was learned in {home} yet; start with `selfstudy learn`"
    with pytest.raises(ValueError, match="there is no version v7"):
        records.rollback(home, "v7")
    with pytest.raises(ValueError) as caught:
        Study(home, str(model)).ask("  ")
    assert str(caught.value) == "ask: the question is empty"
