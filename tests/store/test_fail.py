"""Failpoints fire where and when they are asked to, and not otherwise."""

from __future__ import annotations

import errno

import pytest

from selfstudy.store.fail import STEPS, failpoint, no_failure


def test_without_the_variable_nothing_happens() -> None:
    assert failpoint({}) is no_failure
    assert failpoint({"SELFSTUDY_FAIL": ""}) is no_failure


@pytest.mark.parametrize(("action", "number"), [("enospc", errno.ENOSPC), ("eio", errno.EIO)])
def test_it_fires_once_at_the_nth_time(action: str, number: int) -> None:
    fail = failpoint({"SELFSTUDY_FAIL": f"blob-fsync:2:{action}"})
    fail("blob-fsync")
    fail("blob-write")
    with pytest.raises(OSError) as caught:
        fail("blob-fsync")
    assert caught.value.errno == number
    fail("blob-fsync")


@pytest.mark.parametrize(
    "wanted", ["x", "blob:1:kill", "blob-write:0:kill", "blob-write:one:kill", "blob-write:1:hang"]
)
def test_what_it_cannot_read_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError) as caught:
        failpoint({"SELFSTUDY_FAIL": wanted})
    assert str(caught.value) == (
        f"SELFSTUDY_FAIL='{wanted}' is not name:nth:kill|enospc|eio, nth from 1; the names are {', '.join(STEPS)}"
    )
