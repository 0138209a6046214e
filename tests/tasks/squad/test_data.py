"""Reading SQuAD files: what comes out, and every bad entry by file, index and reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selfstudy.documents.bad_input import BadInput
from selfstudy.tasks.squad.data import read_sets, read_squad

ROOT = Path(__file__).parent.parent.parent.parent


def _entry(title: str, **changes: object) -> dict[str, object]:
    questions = [{"question": f"Where is {title}?", "answer": "north"}]
    return {"title": title, "context": f"{title} lies in the north.", "questions": questions} | changes


def _folder(path: Path, train: object, report: object, **notes: object) -> Path:
    (path / "train.json").write_text(json.dumps(train))
    (path / "eval_200.json").write_text(json.dumps(report))
    for name, texts in notes.items():
        (path / f"self_edits_{name}.json").write_text(json.dumps(texts))
    return path


def test_passages_keys_and_notes_in_their_order(tmp_path: Path) -> None:
    data = read_squad(_folder(tmp_path, [_entry("Lisk")], [_entry("Skarn"), _entry("Harwick")], big=[["a", "b"], "c"]))
    assert [item.passage.title for item in data.report] == ["Skarn", "Harwick"]
    assert data.train[0].passage.text == "Lisk lies in the north."
    assert data.train[0].key[0].answers == ("north",)
    assert data.notes == {"big": (("a", "b"), ("c",))}


def test_titles_are_decoded_wherever_they_stand(tmp_path: Path) -> None:
    train = [_entry("Financial crisis of 2007%E2%80%9308"), _entry("Jehovah%27s Witnesses")]
    report = [_entry("100% wool"), _entry("50%ff")]
    data = read_squad(_folder(tmp_path, train, report))
    items = (*data.train, *data.report)
    titles = ["Financial crisis of 2007\u201308", "Jehovah's Witnesses", "100% wool", "50%ff"]
    assert [item.passage.title for item in items] == titles
    assert [item.passage.document for item in items] == [item.key[0].document for item in items] == titles


def test_all_bad_entries_are_named_at_once(tmp_path: Path) -> None:
    train = [_entry("Lisk"), _entry("Tolland", context=" "), [], _entry("A", questions=[])]
    report = [_entry("Lisk"), _entry("B", questions=[{"question": "Who?"}])]
    folder = _folder(tmp_path, train, report, big=["a", 3])
    (tmp_path / "self_edits_half.json").write_text('["a"')
    with pytest.raises(BadInput) as caught:
        read_squad(folder)
    lines = str(caught.value).splitlines()
    assert lines[:5] == [
        f'{folder}/train.json: entry 1: "context" must be a text',
        f'{folder}/train.json: entry 2: needs an object with "title", "context" and "questions"',
        f'{folder}/train.json: entry 3: "questions" must be a list of at least one object',
        f'{folder}/eval_200.json: entry 1: "questions" 0 needs "question" and "answer", both texts',
        f"{folder}/eval_200.json: entry 0: this passage stands in train.json too; what trains must not report",
    ]
    assert f"{folder}/self_edits_big.json: entry 1: must be a text or a list of texts" in lines[5]
    assert lines[-1].startswith(f"{folder}/self_edits_half.json:1:")


def test_notes_must_have_an_entry_a_passage(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"self_edits_big\.json: it has 1 entries, eval_200\.json has 2 passages"):
        read_squad(_folder(tmp_path, [_entry("Lisk")], [_entry("Skarn"), _entry("Harwick")], big=["a"]))


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_squad(tmp_path)
    assert [Path(line.split()[0]).name for line in str(caught.value).splitlines()] == ["train.json", "eval_200.json"]


def test_the_projects_own_sets_stand_in(tmp_path: Path) -> None:
    data = read_sets(ROOT / "examples" / "sets")
    assert len(data.train) == len(data.report) == 6
    assert all(item.key for item in (*data.train, *data.report))
    answered = [any(a in item.passage.text for a in q.answers) for item in data.train for q in item.key]
    assert sum(answered) > len(answered) / 2
    with pytest.raises(ValueError, match="0 document sets"):
        read_sets(tmp_path)
