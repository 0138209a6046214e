"""General rows on disk: read back to the last bit, made anew whenever anything differs, never half-written."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.contract import GenerateRequest, Generation
from selfstudy.engine.engine import Engine
from selfstudy.memory import retain_cache
from selfstudy.memory.retain import general_rows
from selfstudy.memory.retain_cache import KeptRows, kept_general_rows
from selfstudy.models import row_file
from selfstudy.models.chat import ChatForm
from selfstudy.models.tiny import tiny_model

PROMPTS = ("What is snow?", "Name a fruit.", "Who wrote Hamlet?")


class Counted(Engine):
    """An engine that counts how often it is asked to generate; `during` happens within each call."""

    calls = 0
    during: Callable[[], object] = staticmethod(lambda: None)

    def generate(self, requests: Sequence[GenerateRequest]) -> list[Generation]:
        self.calls += 1
        self.during()
        return super().generate(requests)


def _engine(seed: int = 5, *, dtype: torch.dtype = torch.float32, slots: int = 16, **sizes: int) -> Counted:
    loaded = tiny_model(seed, dtype=dtype)
    return Counted(loaded.model, loaded.identity, slots=slots, **sizes)


def _form(system: str | None = None) -> ChatForm:
    return ChatForm(tiny_model(5).tokenizer, system)


def _kept(engine: Engine, folder: Path | None, say: Callable[[str], None] = pytest.fail) -> KeptRows:
    return kept_general_rows(engine, _form(), PROMPTS, folder, max_new_tokens=4, say=say)


def _fresh(engine: Engine) -> tuple[TokenRow, ...]:
    return general_rows(engine, _form(), PROMPTS, max_new_tokens=4)


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_rows_come_back_to_the_last_bit_and_nothing_is_generated(tmp_path: Path, dtype: torch.dtype) -> None:
    engine = _engine(dtype=dtype)
    made = _kept(engine, tmp_path / "deeper" / "general_rows")
    assert (made.from_disk, engine.calls) == (False, 1)
    read = _kept(engine, tmp_path / "deeper" / "general_rows")
    assert (read.from_disk, engine.calls) == (True, 1)
    # repr tells 0.0 from -0.0, True from 1, and writes every bit of a float.
    assert repr(read.rows) == repr(made.rows) == repr(_fresh(engine))
    assert len(read.rows) == len(PROMPTS)
    assert all(row.loss == "kl" and row.targets for row in read.rows)


def test_without_a_folder_rows_are_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = _engine()
    assert [_kept(engine, None).from_disk for _ in range(2)] == [False, False]
    assert engine.calls == 2
    assert _names(tmp_path) == []


def test_whatever_decides_on_the_rows_has_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(engine: Counted, form: ChatForm, prompts: Sequence[str] = PROMPTS, max_new_tokens: int = 4) -> None:
        before = _names(tmp_path)
        kept = kept_general_rows(engine, form, prompts, tmp_path, max_new_tokens=max_new_tokens, say=pytest.fail)
        assert not kept.from_disk
        assert len(_names(tmp_path)) == len(before) + 1
        assert repr(kept.rows) == repr(general_rows(engine, form, prompts, max_new_tokens=max_new_tokens))

    made(_engine(), _form())
    made(_engine(6), _form())  # other weights
    made(_engine(dtype=torch.float64), _form())
    made(_engine(), _form("Be brief."))
    made(_engine(), ChatForm(tiny_model(5).tokenizer, None, (77,)))  # one more id that ends a reply
    made(_engine(), _form(), PROMPTS[:2])
    made(_engine(), _form(), PROMPTS[::-1])
    made(_engine(), _form(), max_new_tokens=5)
    made(_engine(tokens_in_flight=64), _form())  # other passes round otherwise
    made(_engine(rows_at_once=2), _form())
    loaded = tiny_model(5)
    loaded.model.config.rope_parameters["rope_theta"] = 500.0  # the same weights, run otherwise
    made(Counted(loaded.model, loaded.identity), _form())
    merged = _engine()
    merged.merge([])
    made(merged, _form())
    one_more = torch.get_num_threads() + 1
    with monkeypatch.context() as patched:
        patched.setattr(torch, "get_num_threads", lambda: one_more)
        made(_engine(), _form())
    with monkeypatch.context() as patched:
        patched.setattr(retain_cache, "VERSION", 999)
        made(_engine(), _form())
    again = _engine()
    assert _kept(again, tmp_path).from_disk
    assert again.calls == 0


def test_another_process_finds_them(tmp_path: Path) -> None:
    engine = _engine()
    _kept(engine, tmp_path)
    code = (
        "import sys; from pathlib import Path; from tests.memory import test_retain_cache as t; "
        f"t.torch.set_num_threads({torch.get_num_threads()}); e = t._engine(); "
        "print(t._kept(e, Path(sys.argv[1])).from_disk, e.calls)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120,
        cwd=Path(__file__).parent.parent.parent, env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert done.stdout.split() == ["True", "0"], done.stderr


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut in the header's length": lambda data: data[:7],
    "cut in the header": lambda data: data[:200],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "last byte lost": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\0",
    "no header": lambda data: b"\xff" * len(data),
    "last bit": lambda data: _flip(data, len(data) - 1),
    "one bit of a number": lambda data: _flip(data, len(data) * 3 // 4),
    "one bit of the checksum": lambda data: _flip(data, data.index(b'"rows":"') + 8 + 64 + 1 + 5),
    "a name": lambda data: data.replace(b"weights_N", b"weights_M"),
    "a type": lambda data: data.replace(b'"I32"', b'"F32"'),
    "a pickle": lambda data: pickle.dumps([1, 2, 3]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    engine = _engine()
    rows = _kept(engine, tmp_path).rows
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    assert damage(whole) != whole
    file.write_bytes(damage(whole))
    said: list[str] = []
    again = _kept(engine, tmp_path, said.append)
    assert (again.from_disk, engine.calls, repr(again.rows)) == (False, 2, repr(rows))
    (note,) = said
    assert note.startswith(f"general rows: {file} is damaged (")
    assert note.endswith("); they are made anew")
    assert "\n" not in note
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == whole
    assert _kept(engine, tmp_path).from_disk


def test_a_file_under_anothers_name_is_not_used(tmp_path: Path) -> None:
    other, engine = _engine(6), _engine()
    _kept(other, tmp_path)
    (theirs,) = tmp_path.iterdir()
    rows = _kept(engine, tmp_path).rows
    (ours,) = set(tmp_path.iterdir()) - {theirs}
    theirs.replace(ours)
    said: list[str] = []
    again = _kept(engine, tmp_path, said.append)
    assert (again.from_disk, repr(again.rows)) == (False, repr(rows))
    assert said == [f"general rows: {ours} holds something else; they are made anew"]
    assert _kept(engine, tmp_path).from_disk


def _full_disk(*_: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["write", "move"])
def test_when_writing_fails_nothing_is_left_and_the_rows_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def half(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        _full_disk()

    engine, said = _engine(), list[str]()
    with monkeypatch.context() as patched:
        if step == "write":
            patched.setattr(Path, "write_bytes", half)
        else:
            patched.setattr(Path, "replace", _full_disk)
        kept = _kept(engine, tmp_path, said.append)
    assert _names(tmp_path) == []
    assert repr(kept.rows) == repr(_fresh(engine))
    assert said == [f"general rows: {tmp_path} cannot be written (No space left on device); they are not kept"]


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _engine()
    _kept(_engine(6), tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(row_file, "place_file", interrupt)
        with pytest.raises(KeyboardInterrupt):
            _kept(engine, tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_folder_that_is_a_file_costs_a_note_only(tmp_path: Path) -> None:
    engine, said = _engine(), list[str]()
    (tmp_path / "rows").write_text("in the way")
    assert repr(_kept(engine, tmp_path / "rows", said.append).rows) == repr(_fresh(engine))
    assert said[-1] == f"general rows: {tmp_path / 'rows'} cannot be written (File exists); they are not kept"
    assert (tmp_path / "rows").read_text() == "in the way"


def test_two_at_once_do_no_harm(tmp_path: Path) -> None:
    slow, quick = _engine(), _engine()
    found: list[KeptRows] = []
    slow.during = lambda: found.append(_kept(quick, tmp_path))  # type: ignore[method-assign]
    late = _kept(slow, tmp_path)
    assert (slow.calls, quick.calls) == (1, 1)
    assert repr(late.rows) == repr(found[0].rows)
    assert len(_names(tmp_path)) == 1
    assert repr(_kept(quick, tmp_path).rows) == repr(late.rows)


def test_no_prompts_are_no_rows(tmp_path: Path) -> None:
    for from_disk in (False, True):
        assert kept_general_rows(_engine(), _form(), (), tmp_path) == KeptRows((), from_disk)


def test_rows_without_targets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        row_file.write_rows([TokenRow((1, 2), (0.0, 1.0))], tmp_path / "rows.safetensors", "key")
    assert str(caught.value) == ("row file: every row needs targets, and all of them equally many tokens a position")
    assert _names(tmp_path) == []
