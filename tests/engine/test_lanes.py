"""Lanes meet, share memory, and end together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.engine import train
from selfstudy.engine.engine import Engine
from selfstudy.engine.lanes import opened, shared_zeros, stretches
from selfstudy.models.compute import number_of_lanes
from selfstudy.models.tiny import tiny_model
from tests.engine.small import jobs


@pytest.mark.parametrize("count", [1, 2, 4])
def test_each_lane_sends_and_all_receive(count: int) -> None:
    seen = shared_zeros(count, count, dtype=torch.float64)
    with opened(count) as lane:
        assert lane.count == count
        for turn in range(3):
            found = lane.gather(10 * turn + lane.number)
            assert found == [10 * turn + n for n in range(count)]
        seen[lane.number] = torch.tensor(found, dtype=torch.float64)
        lane.wait()
    assert seen.tolist() == [[20.0 + n for n in range(count)]] * count


def test_only_the_opener_comes_out_and_no_process_is_left() -> None:
    pids = []
    with opened(3) as lane:
        pids = lane.gather(os.getpid())
    assert pids[0] == os.getpid()
    for pid in pids[1:]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def _in_lane_1(action: Callable[[], None]) -> None:
    with opened(2) as lane:
        if lane.number == 1:
            action()
        lane.wait()


def test_the_error_of_a_lane_is_raised_in_the_opener() -> None:
    def fail() -> None:
        raise ValueError("lane 1 has had enough")

    with pytest.raises(ValueError, match="lane 1 has had enough"):
        _in_lane_1(fail)


def test_a_killed_lane_counts_as_memory_that_ran_out() -> None:
    with pytest.raises(MemoryError, match=r"^a lane was killed$"):
        _in_lane_1(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_lanes_die_with_their_opener() -> None:
    pids = shared_zeros(2, dtype=torch.int64)
    opener = os.fork()
    if opener == 0:
        with opened(2) as lane:
            pids[lane.number] = os.getpid()
            lane.wait()
            time.sleep(60)
        os._exit(0)
    deadline = time.monotonic() + 30
    while not pids.all() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(opener, signal.SIGKILL)
    os.waitpid(opener, 0)
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{int(pids[1])}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.01)
    raise AssertionError("the lane outlived the process that opened it")


def test_one_lane_where_the_system_grants_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, pids = os.fork, [os.getpid()]

    def fork() -> int:
        if len(pids) > 1:
            raise OSError(11, "Resource temporarily unavailable")
        pids.append(whole())
        return pids[-1]

    monkeypatch.setattr(os, "fork", fork)
    with opened(3) as lane:
        assert (lane.number, lane.count, lane.gather("here")) == (0, 1, ["here"])
    with pytest.raises(ProcessLookupError):
        os.kill(pids[1], 0)


def test_torch_has_its_threads_again() -> None:
    before = torch.get_num_threads()
    with opened(2) as lane:
        assert torch.get_num_threads() == max(1, before // 2)
        with lane.alone():
            assert torch.get_num_threads() == before
        lane.wait()
    assert torch.get_num_threads() == before


@given(st.lists(st.integers(1, 50), max_size=12), st.integers(1, 4))
def test_items_are_divided_in_order_and_evenly(costs: list[int], count: int) -> None:
    shares = stretches(costs, count)
    assert len(shares) == count
    assert [item for share in shares for item in share] == list(range(len(costs)))
    for share in shares:
        assert sum(costs[i] for i in share) <= sum(costs) / count + max(costs, default=0)


def test_one_lane_on_a_gpu() -> None:
    assert number_of_lanes(torch.device("meta")) == 1


def test_killed_while_training_goes_on_with_fewer_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, again = tiny_model(0), tiny_model(0)
    opener, whole = os.getpid(), train.run_step

    def run_step(*args: object) -> object:
        if os.getpid() != opener and len(args[4]) > 2:  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*args)  # type: ignore[arg-type]

    expected = Engine(loaded.model, loaded.identity, slots=2, lanes=2).train(jobs())
    monkeypatch.setattr(train, "run_step", run_step)
    with pytest.warns(RuntimeWarning, match="out of memory with 4 adapters at once"):
        found = Engine(again.model, again.identity, slots=4, lanes=2).train(jobs())
    assert [result.losses for result in found] == [result.losses for result in expected]
