"""The journal: once is once."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from selfstudy.domain.journal import Journal
from selfstudy.domain.trial import Outcome
from selfstudy.store.errors import CorruptBlob
from selfstudy.store.open import open_store
from selfstudy.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def never() -> Outcome:
    raise AssertionError("this was done already")


def counted(values: list[Outcome]) -> Callable[[], Outcome]:
    return lambda: values.pop(0)


def test_what_was_done_is_not_done_again(store: Store, tmp_path: Path) -> None:
    journal: Journal = store.journal
    outcome = Outcome((0.5, math.inf), 7, 2)
    assert journal.once("trial", "k", Outcome, lambda: outcome) == outcome
    assert journal.once("trial", "k", Outcome, never) == outcome
    assert open_store(tmp_path).journal.once("trial", "k", Outcome, never) == outcome
    other = Outcome((), 0, 0, "engine: NaN")
    assert journal.once("trial", "l", Outcome, lambda: other) == other
    assert journal.once("quiz", "k", Outcome, lambda: other) == other


def test_blobs_are_recorded_too(store: Store, tmp_path: Path) -> None:
    made = [b"first", b"second"]
    assert store.journal.once_bytes("adapter", "k", lambda: made.pop(0)) == b"first"
    assert open_store(tmp_path).journal.once_bytes("adapter", "k", lambda: made.pop(0)) == b"first"
    assert made == [b"second"]


def test_none_is_a_result(store: Store) -> None:
    done: list[None] = []
    for _ in range(2):
        assert store.journal.once("nothing", "k", type(None), lambda: done.append(None)) is None
    assert done == [None]


def test_the_first_call_returns_what_later_ones_read(store: Store) -> None:
    # A tuple under `object` has no form of its own in JSON: both calls say so alike.
    results = [store.journal.once("k", "k", dict[str, object], lambda: {"layers": (1, 2)}) for _ in range(2)]
    assert results == [{"layers": [1, 2]}] * 2


def test_nothing_is_recorded_of_work_that_fails(store: Store) -> None:
    def fails() -> Outcome:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        store.journal.once("trial", "k", Outcome, fails)
    assert store.journal.units("trial") == ()
    assert store.journal.once("trial", "k", Outcome, lambda: Outcome((), 0, 0)) == Outcome((), 0, 0)


def test_another_process_that_was_faster_wins(store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path).journal
    mine, its = Outcome((1.0,), 1, 1), Outcome((2.0,), 1, 1)

    def slow() -> Outcome:
        other.once("trial", "k", Outcome, lambda: its)
        return mine

    def slow_bytes() -> bytes:
        other.once_bytes("adapter", "k", lambda: b"its")
        return b"mine"

    assert store.journal.once("trial", "k", Outcome, slow) == its
    assert store.journal.once_bytes("adapter", "k", slow_bytes) == b"its"
    # What nobody names is swept away at the next opening.
    assert len(list((tmp_path / "blobs").iterdir())) == 2
    open_store(tmp_path)
    assert len(list((tmp_path / "blobs").iterdir())) == 1


def test_a_unit_may_be_made_of_units(store: Store) -> None:
    def whole() -> int:
        return sum(store.journal.once("part", str(n), int, lambda n=n: n) for n in range(3))

    assert store.journal.once("whole", "k", int, whole) == 3
    assert [unit.key for unit in store.journal.units("part")] == ["0", "1", "2"]


def test_a_record_of_another_shape_is_named(store: Store) -> None:
    store.journal.once("trial", "a1", dict[str, float], lambda: {"gain": 1.0})
    with pytest.raises(ValueError) as caught:
        store.journal.once("trial", "a1", Outcome, never)
    assert str(caught.value) == (
        "trial a1: what is recorded does not fit this selfstudy (gains: Field required); "
        "use the selfstudy that recorded it, or another --home"
    )
    with pytest.raises(ValueError) as caught:
        store.journal.once_bytes("trial", "a1", lambda: b"")
    assert str(caught.value) == "trial a1: what is recorded is a value, no blob"
    store.journal.once_bytes("adapter", "a2", lambda: b"x")
    with pytest.raises(ValueError, match=r"^adapter a2: what is recorded does not fit this selfstudy \(it is a blob\)"):
        store.journal.once("adapter", "a2", Outcome, never)


def test_a_result_that_cannot_be_recorded_is_named(store: Store) -> None:
    with pytest.raises(ValueError) as caught:
        store.journal.once("note", "a1", str, lambda: "\ud83d")
    assert str(caught.value) == (
        "note a1: the result cannot be recorded: a text in it holds half a character (a lone surrogate), "
        "which is not Unicode; replace or remove it"
    )
    with pytest.raises(ValueError) as caught:
        store.journal.once("trial", "a1", Outcome, lambda: Outcome((None,), 1, 1))  # type: ignore[arg-type]
    assert str(caught.value) == "trial a1: the result cannot be recorded: gains.0: Input should be a valid number"
    assert store.journal.units("note") == store.journal.units("trial") == ()


@pytest.mark.parametrize(
    ("kind", "key", "named"),
    [
        ("\ud800", "k", "the kind '\\ud800' holds half a character (a lone surrogate)"),
        ("k", "x\ud800", "the key 'x\\ud800' holds half a character (a lone surrogate)"),
    ],
)
def test_names_with_half_characters(store: Store, kind: str, key: str, named: str) -> None:
    with pytest.raises(ValueError) as caught:
        store.journal.once(kind, key, int, lambda: 1)
    assert str(caught.value) == f"{named}, which is not Unicode; replace or remove it"


def test_a_recorded_blob_that_is_gone_is_named_and_not_made_anew(store: Store, tmp_path: Path) -> None:
    store.journal.once_bytes("adapter", "k", lambda: b"x")
    for file in (tmp_path / "blobs").iterdir():
        file.unlink()
    with pytest.raises(CorruptBlob, match="is missing"):
        store.journal.once_bytes("adapter", "k", lambda: b"y")


def test_units_know_their_run(store: Store) -> None:
    first, second = (store.runs.begin("learn", {"n": n}, {}) for n in range(2))
    store.journal.once("trial", "of none", int, lambda: 0)
    store.journal_for(first).once("trial", "of the first", int, lambda: 1)
    store.journal_for(second).once("trial", "of the second", int, lambda: 2)
    store.journal_for(second).once("trial", "of the first", int, lambda: 3)
    everything = store.journal.units("trial")
    assert [(u.key, u.run, u.read(int)) for u in everything] == [
        ("of none", None, 0),
        ("of the first", first.id, 1),
        ("of the second", second.id, 2),
    ]
    assert store.journal.units("trial", first.id) == everything[1:2]
    assert all(u.seconds >= 0 and u.created and u.blob is None for u in everything)
