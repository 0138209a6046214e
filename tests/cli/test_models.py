"""What `selfstudy models` lists, and that it loads nothing to do so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from selfstudy.cli.models import models
from selfstudy.models.cached import STAMP, catalogue_in, converted
from selfstudy.models.catalogue import CATALOGUE, DEFAULT_MODEL
from tests.cli.small_home import run


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SELFSTUDY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _converted(folder: Path, source: str, size: int) -> Path:
    folder.mkdir(parents=True)
    (folder / STAMP).write_text(json.dumps({"source": source}))
    (folder / "model.safetensors").write_bytes(bytes(size - (folder / STAMP).stat().st_size))
    return folder


def test_an_empty_cache(cache: Path) -> None:
    found = json.loads(run(models, "--json").out)
    assert [(each["name"], each["state"], each["megabytes"]) for each in found["catalogue"]] == [
        (entry.name, "absent", 0.0) for entry in CATALOGUE
    ]
    assert [each["name"] for each in found["catalogue"] if each["default"]] == [DEFAULT_MODEL]
    assert (found["cache"], found["others"]) == (str(cache), [])
    assert not cache.exists()


def test_what_is_in_the_cache_and_how_much_room_it_takes(cache: Path, tmp_path: Path) -> None:
    first, second = CATALOGUE
    cache.mkdir()
    (cache / first.file).write_bytes(bytes(300_000))
    _converted(converted(cache / first.file, cache, first.sha256), first.file, 1_500_000)
    (cache / second.file).write_bytes(bytes(2_000_000))
    mine = _converted(cache / "mine-0123456789ab-v1", "mine.gguf", 500_000)
    hub = cache / "hub" / "models--owner--some--model"
    (hub / "blobs").mkdir(parents=True)
    (hub / "blobs" / "a").write_bytes(bytes(400_000))
    (hub / "link").symlink_to(hub / "blobs" / "a")  # its bytes count once
    (cache / "general_rows").mkdir()
    found = json.loads(run(models, "--json").out)
    assert [(each["state"], each["megabytes"]) for each in found["catalogue"]] == [("ready", 1.8), ("downloaded", 2.0)]
    assert found["others"] == [
        {"name": str(mine), "came_from": "mine.gguf", "megabytes": 0.5},
        {"name": "owner/some--model", "came_from": "the hub", "megabytes": 0.4},
    ]
    shown = run(models).out
    assert f"also there: {mine} (from mine.gguf), 0 MB" in shown.splitlines()
    assert "--model also takes a Hugging Face hub id" in shown


def test_folders_that_are_not_finished_do_not_count(cache: Path) -> None:
    first = CATALOGUE[0]
    folder = converted(cache / first.file, cache, first.sha256)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(10))
    assert catalogue_in(cache)[0].state == "absent"


def test_a_stamp_that_cannot_be_read(cache: Path) -> None:
    folder = _converted(cache / "mine-0123456789ab-v1", "mine.gguf", 100)
    (folder / STAMP).write_text("{")
    (found,) = json.loads(run(models, "--json").out)["others"]
    assert (found["name"], found["came_from"]) == (str(folder), "a .gguf file")


def test_no_torch_is_loaded(cache: Path) -> None:
    code = "import sys; from selfstudy.cli.models import models; models(); print('torch', 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "torch False"
    assert "qwen2.5-coder-0.5b" in done.stdout
