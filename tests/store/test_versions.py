"""Versions: appended, and a pointer that moves by compare-and-set."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from selfstudy.domain.version import Version
from selfstudy.store.errors import CorruptBlob
from selfstudy.store.open import open_store
from selfstudy.store.store import Store
from tests.store.small import candidate


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def add(store: Store, **given: object) -> Version:
    """One more version on top of the current one."""
    now = store.versions.current()
    parent = None if now is None else now.name
    made = candidate(store, parent=parent, job=len(store.versions.all()), **given)  # type: ignore[arg-type]
    return store.versions.add(made, parent)


def test_versions_count_up_and_the_pointer_follows(store: Store, tmp_path: Path) -> None:
    assert store.versions.current() is None
    assert store.versions.all() == ()
    first = add(store)
    refused = add(store, published=False)
    second = add(store)
    assert [v.name for v in (first, refused, second)] == ["v1", "v2", "v3"]
    assert [v.parent for v in (first, refused, second)] == [None, "v1", "v1"]
    assert store.versions.all() == (first, refused, second)
    assert open_store(tmp_path).versions.current() == second
    assert store.versions.get("v2") == refused
    assert first.created
    assert first.settings == {"rank": 16, "layers": [3, 6]}


def test_a_pointer_that_moved_is_a_conflict_that_keeps_nothing(store: Store) -> None:
    add(store)
    late = candidate(store, job=7)
    with pytest.raises(ValueError) as caught:
        store.versions.add(late, None)
    assert str(caught.value) == (
        "the current version is v1, no longer the base: it was changed meanwhile; look at it and give the command again"
    )
    assert [v.name for v in store.versions.all()] == ["v1"]
    assert store.versions.add(replace(late, parent="v1"), "v1").name == "v2"


def test_roll_back(store: Store) -> None:
    add(store)
    add(store)
    add(store, published=False)
    store.versions.point("v1", "v2")
    assert store.versions.current() == store.versions.get("v1")
    with pytest.raises(ValueError) as caught:
        store.versions.point("v1", "v2")
    assert str(caught.value) == (
        "the current version is v1, no longer v2: it was changed meanwhile; look at it and give the command again"
    )
    with pytest.raises(ValueError) as caught:
        store.versions.point("v3", "v1")
    assert str(caught.value) == "version v3 was refused by its gate and cannot become the current one"
    store.versions.point(None, "v1")
    assert store.versions.current() is None
    # A number is never given twice.
    assert add(store).name == "v4"


def test_unknown_names(store: Store) -> None:
    with pytest.raises(ValueError) as caught:
        store.versions.get("v1")
    assert str(caught.value) == "there is no version v1; none was made yet"
    for _ in range(12):
        add(store)
    for asked in (lambda: store.versions.get("v99"), lambda: store.versions.point("v99", "v12")):
        with pytest.raises(ValueError) as caught:
            asked()
        assert str(caught.value) == "there is no version v99; known: v3, v4, v5, v6, v7, v8, v9, v10, v11, v12"


@pytest.mark.parametrize(
    "name", ["", "1", "V1", "v", "v1 ", "v1\n", "../v1", "v%31", "v①", "v1\x00", "\ud800", "v" * 300]
)
def test_names_that_are_no_version_s(store: Store, name: str) -> None:
    for asked in (lambda: store.versions.get(name), lambda: store.versions.point(name, None)):
        with pytest.raises(ValueError) as caught:
            asked()
        assert str(caught.value) == f"{name!r:.80} is no version's name: those are v1, v2, and so on"


def test_a_run_makes_one_version(store: Store) -> None:
    made = candidate(store)
    first = store.versions.add(made, None)
    # As after a kill between this and the run's end: the run knows its version, and asking again changes nothing.
    run = store.runs.begin("learn", {"job": 0}, {})
    assert (run.resumed, run.version) == (True, "v1")
    assert store.versions.add(replace(made, parent="v1"), "v1") == first
    assert store.versions.all() == (first,)
    assert store.runs.finish(run, "published").version == "v1"


def test_what_a_version_names_must_be_there(store: Store) -> None:
    made = candidate(store)
    with pytest.raises(CorruptBlob, match=r"blobs/0{64} is missing"):
        store.versions.add(replace(made, router="0" * 64), None)
    with pytest.raises(ValueError, match="'' is no blob's name"):
        store.versions.add(replace(made, adapter=""), None)
    with pytest.raises(ValueError) as caught:
        store.versions.add(replace(made, run="x"), None)
    assert str(caught.value) == "run 'x' is not in this store; begin it before it makes a version"
    with pytest.raises(ValueError, match="there is no version v5; none was made yet"):
        store.versions.add(replace(made, parent="v5"), None)
    with pytest.raises(ValueError, match=r"^the run '.ud800' holds half a character"):
        store.versions.add(replace(made, run="\ud800"), None)
    with pytest.raises(ValueError, match=r"^version v1: it cannot be recorded: a text in it holds half a character"):
        store.versions.add(replace(made, model="\ud800"), None)
    assert store.versions.all() == ()


def test_a_record_that_does_not_fit_is_named(store: Store) -> None:
    add(store)
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE version SET record = replace(record, '\"model\"', '\"modell\"')")
    with pytest.raises(ValueError) as caught:
        store.versions.get("v1")
    assert str(caught.value) == (
        "version v1: its record does not fit this selfstudy (model: Field required); "
        "use the selfstudy that recorded it, or another --home"
    )


def test_of_many_threads_one_moves_the_pointer(store: Store) -> None:
    for _ in range(3):
        add(store)
    for round_ in range(4):
        now = store.versions.current()
        assert now is not None
        start = threading.Barrier(8)
        won: list[str] = []
        lost: list[str] = []

        def move(target: str, expected: str, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                store.versions.point(target, expected)
                won.append(target)  # noqa: B023  (joined before the next round)
            except ValueError as error:
                lost.append(str(error))  # noqa: B023

        target = ("v1", "v2")[round_ % 2]
        threads = [threading.Thread(target=move, args=(target, now.name)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == (1, 7)
        assert all(f"is {target}, no longer {now.name}" in message for message in lost)
