"""What a home has on record. Importing this loads no torch: looking things up is quick."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from selfstudy.api.results import History
from selfstudy.api.versions import pick
from selfstudy.domain.version import Version
from selfstudy.memory.learning_job import DocumentNotes, recorded_notes
from selfstudy.store.open import open_store
from selfstudy.store.store import Store


def open_home(home: Path) -> Store:
    """The store of a home that is there already.

    Raises:
        ValueError: it is not.
    """
    if not home.is_dir():
        raise ValueError(f"{home} does not exist: nothing was learned there yet; start with `selfstudy learn`")
    return open_store(home)


def history(home: Path) -> History:
    """Every version of `home`, and which one answers."""
    with closing(open_home(home)) as store:
        current = store.versions.current()
        return History(current.name if current else None, store.versions.all())


def rollback(home: Path, version: str) -> Version:
    """Make an earlier published version the current one.

    Raises:
        ValueError: there is no such version, it was refused, or its files are damaged.
    """
    with closing(open_home(home)) as store:
        wanted, current = store.versions.get(version), store.versions.current()
        for blob in (wanted.adapter, wanted.router):  # before it answers, they must be there and whole
            store.blobs.get(blob)
        store.versions.point(version, current.name if current else None)
        return wanted


def notes(home: Path, document: str | None = None, *, version: str | None = None) -> tuple[DocumentNotes, ...]:
    """The notes that a version (the current one) was trained on: of one document, or of all.

    Raises:
        ValueError: there is no such version, or it did not learn `document`.
    """
    with closing(open_home(home)) as store:
        of = pick(store, version)
        if of is None:
            raise ValueError(f"notes: nothing was learned in {home} yet; start with `selfstudy learn`")
        names = [each.document for each in of.documents]
        if document is not None and document not in names:
            raise ValueError(f"notes: {of.name} did not learn {document!r:.80}; it learned {', '.join(names)}")
        wanted = [each for each in of.documents if document in (None, each.document)]
        return tuple(recorded_notes(store.journal, each) for each in wanted)
