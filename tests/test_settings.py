"""File under environment under flags; every mistake at once, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfstudy.settings import Settings, load_settings


def test_flags_go_before_the_environment_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('seed = 1\ndevice = "cuda"\nforgotten = 0.1\n[learn]\nrows = 10\nrank = 4\n')
    environment = {"SELFSTUDY_SEED": "2", "SELFSTUDY_LEARN__RANK": "8", "SELFSTUDY_FORGOTTEN": "0.2", "HOME": "x"}
    found = load_settings({"seed": 3, "model": None}, config=file, environment=environment)
    assert (found.seed, found.forgotten, found.device) == (3, 0.2, "cuda")
    assert (found.learn.rows, found.learn.rank) == (10, 8)
    assert found.model is None


def test_without_anything_there_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}, environment={"SELFSTUDY_CACHE": "elsewhere"}) == Settings()


def test_a_file_that_lies_here_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("selfstudy.toml").write_text("seed = 5\n")
    assert load_settings({}, environment={}).seed == 5


def test_every_mistake_is_named_with_key_and_place(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('sed = 3\nseed = "x"\n[learn]\nrows = 0\nfoo = 1\n')
    with pytest.raises(ValueError) as caught:
        load_settings({"forgotten": 2}, config=file, environment={"SELFSTUDY_LEARN__RANK": "a"})
    assert sorted(str(caught.value).splitlines()) == sorted([
        f"{file}: seed 'x': input should be a valid integer, unable to parse string as an integer",
        "--forgotten: forgotten 2: input should be less than 1",
        f"{file}: learn.rows 0: input should be greater than or equal to 1",
        "SELFSTUDY_LEARN__RANK: learn.rank 'a': input should be a valid integer, unable to parse string as an integer",
        f"{file}: learn.foo: there is no such setting; there are "
        "first_layer, general_share, keep, learning_rate, protected, rank, rows",
        f"{file}: sed: there is no such setting; there are "
        "device, dtype, editor, forgotten, home, largest_document, learn, model, reward, seed",
    ])  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), [("a = ", "is not TOML (Invalid value (at end of document))")])
def test_a_file_that_is_no_toml(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(ValueError) as caught:
        load_settings({}, config=file, environment={})
    assert str(caught.value) == f"settings: {file} {reason}"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        load_settings({}, config=tmp_path / "none.toml", environment={})
    assert str(caught.value) == f"settings: {tmp_path / 'none.toml'} does not exist"


def test_a_table_where_a_value_belongs() -> None:
    with pytest.raises(ValueError) as caught:
        load_settings({}, environment={"SELFSTUDY_LEARN": "5"})
    assert str(caught.value).startswith("SELFSTUDY_LEARN: learn '5': input should be a valid dictionary")
