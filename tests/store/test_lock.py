"""One learning job at a time; two jobs in processes of their own are in tests/faults."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from selfstudy.store.open import open_store


def test_the_second_job_is_told_who_holds_the_home(tmp_path: Path) -> None:
    first, second = open_store(tmp_path), open_store(tmp_path)
    with first.lock():
        with pytest.raises(ValueError) as caught, second.lock():
            pass
        message = str(caught.value)
        assert message.startswith(f"{tmp_path}: process {os.getpid()} on {socket.gethostname()} (since 20")
        assert message.endswith(" is learning here; wait until it is done, or choose another --home")
        (tmp_path / "learn.holder").write_text("{", encoding="utf-8")
        with pytest.raises(ValueError) as caught, second.lock():
            pass
        assert str(caught.value).startswith(f"{tmp_path}: another process is learning here; ")
    with second.lock():
        pass


def test_an_error_in_the_job_is_its_own_and_gives_the_lock_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(PermissionError, match="of the job"), store.lock():
        raise PermissionError(13, "of the job")
    with store.lock():
        pass


def test_a_store_can_be_opened_and_read_while_another_process_learns(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with store.lock():
        unnamed = store.blobs.put(b"no row names it yet")
        assert open_store(tmp_path).blobs.get(unnamed) == b"no row names it yet"
