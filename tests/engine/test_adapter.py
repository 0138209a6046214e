"""Adapters on disk: PEFT reads what is saved, and what does not fit is refused by name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

from selfstudy.engine import adapter as adapter_module
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import ScoreRequest
from tests.engine import small


def _saved(folder: Path) -> Path:
    engine = small.engine()
    small.adapter(engine, 1).save(folder)
    return folder


def _read(folder: Path, base: str | None = None) -> Adapter:
    engine = small.engine()
    return Adapter.read(folder, base=engine.identity if base is None else base, projections=engine.projections)


def test_peft_reads_it_and_says_the_same(tmp_path: Path) -> None:
    engine = small.engine()
    ours = small.adapter(engine, 1, rank=4, targets=("q_proj", "o_proj", "down_proj"))
    ours.save(tmp_path / "one")
    prompt = small.ids(1, 17)
    peft = PeftModel.from_pretrained(small.plain(), tmp_path / "one").eval()
    with torch.no_grad():
        expected = peft(torch.tensor([prompt])).logits[0].log_softmax(1)[:-1]
        bare = small.plain()(torch.tensor([prompt])).logits[0].log_softmax(1)[:-1]
    label = torch.tensor(prompt[1:])[:, None]
    (score,) = engine.score([ScoreRequest(prompt, 1, (ours,))])
    assert score.logprobs == pytest.approx(expected.gather(1, label)[:, 0].tolist(), abs=2e-5)
    assert score.logprobs != pytest.approx(bare.gather(1, label)[:, 0].tolist(), abs=1e-2)


def test_read_gives_back_what_was_saved(tmp_path: Path) -> None:
    engine = small.engine()
    ours = small.adapter(engine, 1, rank=4)
    ours.save(tmp_path / "deeper" / "one")
    back = Adapter.read(tmp_path / "deeper" / "one", base=engine.identity, projections=engine.projections)
    assert (back.base, back.rank, back.alpha, set(back.weights)) == (ours.base, 4, 8.0, set(ours.weights))
    for path, pair in ours.weights.items():
        for x, y in zip(pair, back.weights[path], strict=True):
            assert torch.equal(x, y)
    assert [f.name for f in (tmp_path / "deeper").iterdir()] == ["one"]


def test_bytes_give_back_the_weights_and_what_was_said_about_them() -> None:
    engine = small.engine()
    ours = small.adapter(engine, 1, rank=4)
    data = ours.to_bytes({"steps": "12"})
    back, about = engine.read_adapter(data)
    assert (back.base, back.rank, back.alpha, set(back.weights)) == (ours.base, 4, 8.0, set(ours.weights))
    assert all(torch.equal(x, y) for p in ours.weights for x, y in zip(ours.weights[p], back.weights[p], strict=True))
    assert about["steps"] == "12"
    assert back.to_bytes({"steps": "12"}) == data


@pytest.mark.parametrize("keep", [0, 3, 40, -1])
def test_truncated_bytes(keep: int) -> None:
    engine = small.engine()
    data = small.adapter(engine, 1).to_bytes()
    with pytest.raises(ValueError, match=r"^adapter: the stored adapter cannot be read .* truncated or damaged$"):
        engine.read_adapter(data[:keep])


def test_bytes_of_another_base() -> None:
    engine = small.engine()
    data = small.adapter(engine, 1).to_bytes()
    with pytest.raises(ValueError) as caught:
        Adapter.from_bytes(data, base="other", projections=engine.projections)
    assert (
        str(caught.value)
        == f"adapter: the stored adapter was trained on base {engine.identity!r}, this base is 'other'"
    )


def test_another_base(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "one")
    with pytest.raises(ValueError) as caught:
        _read(folder, base="other")
    trained_on = small.engine().identity
    assert str(caught.value) == f"adapter: {folder} was trained on base {trained_on!r}, this base is 'other'"


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    folder = _saved(tmp_path / "one")
    (folder / name).unlink()
    with pytest.raises(ValueError) as caught:
        _read(folder)
    assert str(caught.value) == f"adapter: {folder / name} is missing; a PEFT adapter folder holds both files"


@pytest.mark.parametrize("keep", [0, 3, 40, -1])
def test_truncated_tensors(tmp_path: Path, keep: int) -> None:
    folder = _saved(tmp_path / "one")
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ValueError) as caught:
        _read(folder)
    message = str(caught.value)
    assert message.startswith(f"adapter: {folder} cannot be read (")
    assert message.endswith("); it is truncated or damaged")


@pytest.mark.parametrize("written", ["{", "", "[]", "{}", '{"r": "three"}', "\x80"])
def test_a_damaged_config(tmp_path: Path, written: str) -> None:
    folder = _saved(tmp_path / "one")
    (folder / "adapter_config.json").write_bytes(written.encode("latin-1"))
    with pytest.raises(ValueError) as caught:
        _read(folder)
    assert str(caught.value).startswith(f"adapter: {folder} ")


def test_a_config_without_its_rank(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "one")
    config = json.loads((folder / "adapter_config.json").read_text())
    del config["r"]
    (folder / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError) as caught:
        _read(folder)
    assert str(caught.value) == f"adapter: {folder} has a config without a usable r and lora_alpha"


def test_another_shape(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "one")
    file = folder / "adapter_model.safetensors"
    tensors = load_file(file)
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    tensors[name] = tensors[name][:, :-1].contiguous()
    save_file(tensors, file)
    with pytest.raises(ValueError) as caught:
        _read(folder)
    assert str(caught.value) == (
        f"adapter: {folder}: model.layers.0.self_attn.q_proj has A (3, 31) and B (32, 3), "
        "this model needs A (3, 32) and B (32, 3)"
    )


@pytest.mark.parametrize("part", ["lora_A", "lora_B"])
def test_half_a_pair(tmp_path: Path, part: str) -> None:
    folder = _saved(tmp_path / "one")
    file = folder / "adapter_model.safetensors"
    tensors = load_file(file)
    del tensors[f"base_model.model.model.layers.0.self_attn.q_proj.{part}.weight"]
    save_file(tensors, file)
    with pytest.raises(ValueError) as caught:
        _read(folder)
    a, b = ("(3, 32)", "None") if part == "lora_B" else ("None", "(32, 3)")
    assert str(caught.value) == (
        f"adapter: {folder}: model.layers.0.self_attn.q_proj has A {a} and B {b}, "
        "this model needs A (3, 32) and B (32, 3)"
    )


def test_a_module_that_the_model_lacks(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "one")
    file = folder / "adapter_model.safetensors"
    save_file({k.replace("layers.1.", "layers.7."): v for k, v in load_file(file).items()}, file)
    with pytest.raises(ValueError) as caught:
        _read(folder)
    assert str(caught.value) == (
        f"adapter: {folder} adapts model.layers.7.self_attn.q_proj, which this model does not have"
    )


def test_no_lora_tensor(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "one")
    file = folder / "adapter_model.safetensors"
    save_file({"something": torch.zeros(1)}, file)
    with pytest.raises(ValueError) as caught:
        _read(folder)
    assert str(caught.value) == f"adapter: {folder} holds no LoRA tensor"


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    with pytest.raises(FileExistsError) as caught:
        _saved(folder)
    assert str(caught.value) == f"adapter: {folder} exists already; choose another folder or remove it"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("failing", ["save_file", "os.replace"])
def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(*((adapter_module, "save_file") if failing == "save_file" else (os, "replace")), fail)
    with pytest.raises(OSError, match="no space left"):
        _saved(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_half_takes_half_the_room_and_rounds_to_bf16(tmp_path: Path) -> None:
    ours = small.adapter(small.engine(), 1, rank=4)
    ours.save(tmp_path / "full")
    ours.save(tmp_path / "half", half=True)
    size = {name: (tmp_path / name / "adapter_model.safetensors").stat().st_size for name in ("full", "half")}
    assert size["half"] < 0.7 * size["full"]
    assert (tmp_path / "half").stat().st_mode & 0o777 == 0o755
    back = _read(tmp_path / "half")
    for path, pair in ours.weights.items():
        for mine, read in zip(pair, back.weights[path], strict=True):
            assert read.dtype == torch.float32
            assert torch.equal(mine.to(torch.bfloat16).float(), read)
