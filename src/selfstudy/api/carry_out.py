"""An experiment as one run of a home: begun or taken up again, kept in a folder of its own, ended in one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.api.deadline import OutOfTime, TimedJournal
from selfstudy.api.run_folder import METRICS, RunFolder, code_identity
from selfstudy.store.open import open_store
from selfstudy.store.store import Store

if TYPE_CHECKING:
    from selfstudy.build import Workshop

Say = Callable[[str], None]
Work = Callable[[Store, TimedJournal, RunFolder], None]
"""All the work: what it has the journal record is not done again, what it writes into the folder is written anew."""


@dataclass(frozen=True)
class CarriedOut:
    """`done` is False if the time was up before the end: the same call goes on."""

    run: str
    folder: Path
    done: bool


def carry_out(
    command: str,
    about: Mapping[str, object],
    settings: Mapping[str, object],
    home: Path,
    work: Work,
    *,
    until: float = float("inf"),
    fresh: bool = False,
    files: Sequence[str] = (METRICS,),
    say: Say = lambda _: None,
) -> CarriedOut:
    """Do `work` in the unfinished run of `command` on `about`, else in a new one; until the monotonic clock shows
    `until` it may begin new pieces. `files` of the run's folder are begun anew.

    Raises:
        ValueError: another job works in this home; the unfinished run had other settings; or the work's own.
    """
    with closing(open_store(home)) as store, store.lock():
        run = store.runs.begin(command, about, settings, fresh=fresh)
        if run.resumed:
            say(f"going on with the run that was begun {run.started}")
        folder = RunFolder.begin(home, run.id, settings, files)
        try:
            work(store, TimedJournal(store.journal_for(run), until), folder)
        except ValueError:
            store.runs.finish(run, "failed")
            raise
        except OutOfTime:
            say("the time is over; the same command goes on")
            return CarriedOut(run.id, folder.path, False)
        store.runs.finish(run, "done")
        return CarriedOut(run.id, folder.path, True)


def resolved_of(shop: Workshop) -> dict[str, object]:
    """What decides on every experiment's result beside its own settings: weights, arithmetic, code."""
    return {
        "model": shop.name, "base": shop.engine.identity, "arithmetic": shop.engine.arithmetic,
        "selfstudy": version("selfstudy"), "code": code_identity(),
    }  # fmt: skip
