"""Out of memory in training: said aloud, tried again with less, and the results are those of a run that began so."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from selfstudy.engine import train
from selfstudy.engine.contract import TrainResult
from selfstudy.engine.engine import Engine
from selfstudy.models.tiny import tiny_model
from tests.engine.small import jobs

ON_CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory")


def _train(slots: int, tokens: int = 2048, **more: Any) -> list[TrainResult]:
    loaded = tiny_model(0)
    return Engine(loaded.model, loaded.identity, slots=slots, tokens_in_flight=tokens).train(jobs(), **more)


def _fail(monkeypatch: pytest.MonkeyPatch, error: Exception, *, most: int, tokens: int = 1 << 30) -> None:
    """Let steps of more than `most` slots, or passes of more than `tokens`, run out of memory from the third on."""
    whole, count = train.run_step, 0

    def run_step(*args: Any) -> dict[int, float]:
        nonlocal count
        count += 1
        if count > 2 and (len(args[4]) > most or args[-1] > tokens):
            raise error
        return whole(*args)

    monkeypatch.setattr(train, "run_step", run_step)


def _same(ours: list[TrainResult], theirs: list[TrainResult]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert one.losses == other.losses
        assert one.adapter is not None
        assert other.adapter is not None
        for path, pair in one.adapter.weights.items():
            assert all(torch.equal(x, y) for x, y in zip(pair, other.adapter.weights[path], strict=True))


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), ON_CPU, MemoryError()])
def test_fewer_slots_give_what_a_run_with_fewer_slots_gives(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    expected = _train(slots=2)
    _fail(monkeypatch, error, most=2)
    seen: list[tuple[int, int]] = []
    with pytest.warns(RuntimeWarning, match=r"out of memory with 4 adapters at once; .* begin again, 2 at once"):
        found = _train(slots=4, progress=lambda done, total: seen.append((done, total)))
    _same(found, expected)
    assert seen[-1] == (28, 28)


def test_then_shorter_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _train(slots=1, tokens=18)
    _fail(monkeypatch, ON_CPU, most=1, tokens=20)
    with pytest.warns(RuntimeWarning, match="with 32 tokens a pass; the adapter begins again, with 18"):
        found = _train(slots=1, tokens=32)
    _same(found, expected)


def test_what_does_not_fit_at_all_is_said_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    _fail(monkeypatch, ON_CPU, most=0)
    with pytest.warns(RuntimeWarning), pytest.raises(MemoryError, match=r"one row of 18 tokens .* take a lower rank"):
        _train(slots=2)


def test_another_error_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _fail(monkeypatch, RuntimeError("shapes do not fit"), most=0)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        _train(slots=2)
