"""Loading: what a good folder gives, and one line for each kind of bad one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from selfstudy.models.errors import ModelError
from selfstudy.models.load import load
from selfstudy.models.loaded import LoadedModel
from selfstudy.models.precision import pick_device, pick_dtype
from selfstudy.models.tiny import tiny_model
from tests.models.folders import cut, edit_config, save


@pytest.fixture(scope="module")
def tiny() -> LoadedModel:
    return tiny_model(7)


@pytest.fixture
def folder(tiny: LoadedModel, tmp_path: Path) -> Path:
    return save(tiny, tmp_path / "tiny")


def test_a_folder_gives_the_same_frozen_model(tiny: LoadedModel, folder: Path, tmp_path: Path) -> None:
    loaded = load(str(folder), cache=tmp_path / "cache", dtype="float32")
    ids = torch.tensor([tiny.chat.question_prompt("Who?")])
    assert loaded.chat.question_prompt("Who?") == tuple(ids[0].tolist())
    torch.testing.assert_close(loaded.model(ids).logits, tiny.model(ids).logits, rtol=0, atol=0)
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
    assert (loaded.dtype, loaded.device, loaded.name) == (torch.float32, torch.device("cpu"), str(folder))
    assert loaded.chat.stop_ids == (0, 2)


def test_dtypes(folder: Path, tmp_path: Path) -> None:
    loaded = load(str(folder), cache=tmp_path, dtype="bfloat16")
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.bfloat16}
    assert pick_dtype("auto", torch.device("cpu")) in (torch.float32, torch.bfloat16)
    with pytest.raises(ModelError) as caught:
        pick_dtype("fp8", torch.device("cpu"))
    assert str(caught.value) == "dtype 'fp8' is unknown; use auto, float32, bfloat16, float16, float64"
    with pytest.raises(ModelError) as caught:
        pick_device("gpu")
    assert str(caught.value) == "device 'gpu' is unknown; use cpu, cuda or cuda:0"


def _without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _pickles_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _truncated(folder: Path) -> None:
    cut(folder / "model.safetensors", 50_000)


def _truncated_header(folder: Path) -> None:
    cut(folder / "model.safetensors", 500)


def _missing_shard(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))


def _renamed(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "weights.safetensors")


AGAIN = "copy or download it again"
BAD_FOLDERS: list[tuple[Callable[[Path], None], str]] = [
    (_without_config, "{folder}: it holds no config.json; name a folder with a saved model"),
    (
        lambda folder: edit_config(folder, auto_map={"AutoModel": "code.Model"}),
        "{folder}/config.json: auto_map asks to run code from the folder; such models are not loaded",
    ),
    (
        _pickles_only,
        "{folder}: its weights are pickles (pytorch_model.bin), which can run code; convert them to safetensors first",
    ),
    (_no_weights, "{folder}: it holds no *.safetensors file; " + AGAIN),
    (_no_tokenizer, "{folder}: it holds no tokenizer (tokenizer.json); copy the model's tokenizer files into it"),
    (
        _truncated,
        "{folder}/model.safetensors: the file is cut short or damaged (50000 bytes, its header promises {whole}); "
        + AGAIN,
    ),
    (
        _truncated_header,
        "{folder}/model.safetensors: the file is cut short or damaged (its header does not fit into 500 bytes); "
        + AGAIN,
    ),
    (
        _missing_shard,
        "{folder}: 1 of 2 weight files are missing, the first is model-00002-of-00002.safetensors; " + AGAIN,
    ),
    (
        _renamed,
        "{folder}: it holds weights.safetensors but neither model.safetensors nor model.safetensors.index.json; "
        + AGAIN,
    ),
    (
        lambda folder: edit_config(folder, num_hidden_layers=3),
        "{folder}: 9 of the model's weights are not in the weight files, the first is "
        "model.layers.2.input_layernorm.weight; config.json and weights do not belong together",
    ),
    (
        lambda folder: edit_config(folder, vocab_size=99),
        "{folder}: transformers cannot load this model (RuntimeError: {reason})",
    ),
    (
        lambda folder: edit_config(folder, model_type="nonesuch"),
        "{folder}: transformers cannot load this model (ValueError: {reason})",
    ),
    (
        lambda folder: (folder / "config.json").write_text("{"),
        "{folder}/config.json: this is not readable JSON ({reason}); " + AGAIN,
    ),
    (
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        "{folder}: its tokenizer cannot be loaded ({reason}); copy it again",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), BAD_FOLDERS)
def test_a_bad_folder_is_one_line(folder: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    whole = (folder / "model.safetensors").stat().st_size
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        load(str(folder), cache=tmp_path / "cache")
    said = str(caught.value)
    before, _, after = message.partition("{reason}")
    reason = said[len(before.format(folder=folder)) : len(said) - len(after)] if "{reason}" in message else ""
    assert said == message.format(folder=folder, whole=whole, reason=reason)
    assert "\n" not in said
    assert not (tmp_path / "cache").exists()


def test_smollm2_answers(smollm2: LoadedModel) -> None:
    prompt = torch.tensor([smollm2.chat.question_prompt("What is the capital of France?")])
    reply = smollm2.model.generate(prompt, max_new_tokens=12, do_sample=False, eos_token_id=list(smollm2.chat.stop_ids))
    assert "Paris" in smollm2.chat.decode(reply[0, prompt.shape[1] :].tolist())
