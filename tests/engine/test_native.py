"""Compiling the kernels: once, whole or not at all, and never needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch

from selfstudy.engine import native
from selfstudy.engine.engine import Engine
from selfstudy.engine.native_linear import NativePacking
from selfstudy.engine.packed_linear import PackedLinear
from selfstudy.models.precision import has_matrix_tiles
from tests.engine import kernels, small


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kernels.library()  # or there is nothing to compile for or with
    monkeypatch.setenv("SELFSTUDY_KERNELS", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def test_a_second_time_nothing_is_compiled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = native.load(torch.bfloat16)
    assert [path.name for path in folder.iterdir()] == [f"{first.identity}.so"]
    monkeypatch.setattr(native, "_compile", lambda *_: pytest.fail("compiled again"))
    second = native.load(torch.bfloat16)
    assert second.library is not None
    assert second.identity == first.identity


def test_a_compiler_that_fails_leaves_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "mycc"
    compiler.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo mycc 1 && exit 0\necho "mycc: no such flag" >&2\nexit 1\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    found = native.load(torch.bfloat16)
    assert (found.library, found.identity) == (None, "")
    assert found.missing == f"{compiler} failed: mycc: no such flag"
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_text("a file")
    assert "compiling failed" in native.load(torch.bfloat16).missing


def test_without_a_compiler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    assert (
        native.load(torch.bfloat16).missing
        == "no C compiler is on the path (cc, gcc or clang; Debian: apt install gcc)"
    )


def test_without_such_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELFSTUDY_KERNELS", raising=False)
    monkeypatch.setattr(native, "registers_for", lambda dtype: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a compiler was asked"))
    assert native.load(torch.bfloat16).missing == "the processor has no bfloat16 in AVX-512"
    assert native.load(torch.float32).missing == "the processor has no AVX2"
    assert native.load(torch.float64).missing == "there are none for float64"


def engine_with(setting: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """With what SELFSTUDY_KERNELS says; as the tests have it if it is empty."""
    with monkeypatch.context() as own:
        if setting:
            own.setenv("SELFSTUDY_KERNELS", setting)
        return small.engine(torch.bfloat16, lanes=1)


def test_turned_off_the_engine_trains_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels.library()
    found = []
    for setting in ("off", ""):
        engine = engine_with(setting, monkeypatch)
        packings = {type(m.packing) for m in engine.backbone.model.modules() if isinstance(m, PackedLinear)}
        assert (engine.backbone.native.library is None) == (setting == "off")
        assert (NativePacking in packings) == (setting == "" and not has_matrix_tiles())
        found.append((engine.arithmetic, engine.train(small.jobs())))
    assert found[0][0] != found[1][0], "what rounds otherwise is told apart"
    for without, with_kernels in zip(found[0][1], found[1][1], strict=True):
        torch.testing.assert_close(
            torch.tensor(with_kernels.losses), torch.tensor(without.losses), rtol=5e-3, atol=5e-3
        )


def test_the_kernels_come_nearer_to_wide_numbers_than_torch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels.library()
    (job,) = small.jobs()[3:4]
    wide = small.engine(torch.float64, lanes=1).train([job])[0]
    errors = []
    for setting in ("off", ""):
        trained = engine_with(setting, monkeypatch).train([job])[0]
        differences = [a - b for a, b in zip(trained.losses, wide.losses, strict=True)]
        errors.append(sum(each**2 for each in differences) ** 0.5)
    assert errors[1] < 2 * errors[0] + 1e-3, errors


@pytest.mark.parametrize("dtype", kernels.FORMATS)
def test_a_job_trains_to_the_same_bits_beside_others(dtype: torch.dtype) -> None:
    kernels.library(dtype)
    if dtype == torch.bfloat16 and has_matrix_tiles():
        pytest.skip("the base's products are oneDNN's here, and sum up in an order that depends on their rows")
    engine, jobs = small.engine(dtype, lanes=1), small.jobs()
    for job, beside in zip(jobs, engine.train(jobs), strict=True):
        (alone,) = engine.train([job])
        assert alone.losses == beside.losses
        assert alone.adapter is not None
        assert beside.adapter is not None
        for path, parts in alone.adapter.weights.items():
            assert all(map(torch.equal, parts, beside.adapter.weights[path])), path
