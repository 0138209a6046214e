"""GGUF to safetensors: right numbers, done once, and damaged files leave nothing behind."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
import torch

from selfstudy.models import convert as module
from selfstudy.models.convert import convert
from selfstudy.models.errors import ModelError
from selfstudy.models.files import sha256_of
from selfstudy.models.load import load
from selfstudy.models.loaded import LoadedModel
from selfstudy.models.tiny import tiny_model
from tests.models.folders import cut, names, write_gguf


@pytest.fixture(scope="module")
def tiny() -> LoadedModel:
    # bfloat16 already, so that the conversion rounds nothing
    return tiny_model(3, vocab=261, dtype=torch.bfloat16)


@pytest.fixture
def source(tiny: LoadedModel, tmp_path: Path) -> Path:
    return write_gguf(tiny, tmp_path / "tiny.gguf")


def test_a_gguf_model_computes_what_its_source_computes(tiny: LoadedModel, source: Path, tmp_path: Path) -> None:
    loaded = load(str(source), cache=tmp_path / "cache", dtype="float32")
    ids = torch.tensor([tiny.chat.question_prompt("Who wrote it in 1843?")])
    assert loaded.chat.question_prompt("Who wrote it in 1843?") == tuple(ids[0].tolist())
    with torch.no_grad():
        expected = deepcopy(tiny.model).float()(ids).logits
        torch.testing.assert_close(loaded.model(ids).logits, expected, rtol=1e-4, atol=1e-5)


def test_it_is_done_once_and_says_what_it_did(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    folder = convert(source, cache)
    assert folder.name == f"tiny-{sha256_of(source)[:12]}-v1"
    assert json.loads((folder / "selfstudy.json").read_text()) == {
        "source": "tiny.gguf",
        "sha256": sha256_of(source),
        "converter": 1,
    }
    assert names(cache) == [folder.name] + [
        f"{folder.name}/{name}"
        for name in sorted(
            [
                "chat_template.jinja",
                "config.json",
                "model.safetensors",
                "selfstudy.json",
                "tokenizer.json",
                "tokenizer_config.json",
            ]
        )
    ]
    monkeypatch.setattr(module, "_write_model", lambda *_: pytest.fail("converted twice"))
    assert convert(source, cache) == folder


@pytest.mark.parametrize("size", [100, 2000, 6000, 60_000, -40, -1])
def test_a_truncated_gguf(source: Path, tmp_path: Path, size: int) -> None:
    cut(source, size)
    left = source.stat().st_size
    with pytest.raises(ModelError) as caught:
        convert(source, tmp_path / "cache")
    assert str(caught.value) == (f"{source}: the GGUF file is cut short or damaged ({left} bytes); download it again")
    assert names(tmp_path) == ["tiny.gguf"]


def test_a_file_that_is_no_gguf(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<html>not found</html>")
    with pytest.raises(ModelError) as caught:
        convert(path, tmp_path / "cache")
    assert str(caught.value) == f"{path}: this is no GGUF file (it begins with b'<htm', not b'GGUF')"
    assert names(tmp_path) == ["page.gguf"]


def test_a_gguf_of_an_unknown_architecture(source: Path, tmp_path: Path) -> None:
    source.write_bytes(source.read_bytes().replace(b"llama", b"lhama"))
    with pytest.raises(ModelError) as caught:
        convert(source, tmp_path / "cache")
    said = str(caught.value)
    assert said.startswith(f"{source}: transformers cannot read this GGUF model (ValueError: GGUF model with arch")
    assert "\n" not in said
    assert names(tmp_path) == ["cache", "tiny.gguf"]


def test_a_missing_gguf(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        convert(tmp_path / "no.gguf", tmp_path / "cache")
    assert str(caught.value) == f"{tmp_path / 'no.gguf'}: there is no such file"


def test_an_interrupted_conversion_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(gguf: Path, reader: object, folder: Path) -> None:
        (folder / "half").write_text("written")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_write_model", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(source, tmp_path / "cache")
    assert names(tmp_path) == ["cache", "tiny.gguf"]
