"""What state a home is in. No torch is loaded, and nothing in the home is changed but what any opening tidies up."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from selfstudy.api.records import open_home
from selfstudy.domain.version import Version
from selfstudy.models.cached import catalogue_in
from selfstudy.models.errors import ModelError
from selfstudy.models.folder import weight_files
from selfstudy.models.weight_identity import weight_identity
from selfstudy.store.errors import DATABASE, CorruptBlob
from selfstudy.store.lock import HOLDER, lock_if_free
from selfstudy.store.runs import Run
from selfstudy.store.store import Store

# Longer together than another process holds the lock to tidy up at opening; only one that learns holds it longer.
_TRIES, _PAUSE = 6, 0.05


@dataclass(frozen=True)
class HomeState:
    """`versions` is None where nothing was learned yet, or where the home could not be opened (`problems` says why).

    `whole` of `files` adapter and router files are what their names say. `holder` is who is learning now, `unfinished`
    what stopped before its end.
    """

    folder: Path
    versions: int | None = None
    current: str | None = None
    files: int = 0
    whole: int = 0
    holder: str | None = None
    unfinished: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def check_home(folder: Path, cache: Path) -> HomeState:
    """Look at everything in the home: database, versions, their files, runs, the lock, the current version's base."""
    state = HomeState(folder)
    try:
        if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
            return state  # opening it would make a store there
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder; choose another --home")
        if not (folder / DATABASE).is_file():
            raise ValueError(f"{folder} holds no store; choose an empty or a new folder as --home")
        with closing(open_home(folder)) as store:
            return _look(state, store, cache)
    except (ValueError, OSError) as error:
        return replace(state, problems=(" ".join(str(error).split()),))


def _look(state: HomeState, store: Store, cache: Path) -> HomeState:
    problems = list(_database_problems(store))
    versions, current = store.versions.all(), store.versions.current()
    damaged, files = _damaged(store, versions), {sha for v in versions for sha in (v.adapter, v.router)}
    problems += damaged.values()
    if current is not None:
        problems += _base_problems(current, cache)
    holder = _holder(state.folder)
    running = [run for run in store.runs.all() if run.state == "running"]
    return replace(
        state, versions=len(versions), current=current.name if current else None, files=len(files),
        whole=len(files) - len(damaged), holder=holder, unfinished=() if holder else tuple(map(_named, running)),
        problems=tuple(problems),
    )  # fmt: skip


def _database_problems(store: Store) -> Iterator[str]:
    with store.database.reading() as connection:
        found = list(connection.exec_driver_sql("PRAGMA quick_check(1)").scalars())
    if found != ["ok"]:
        reason = " ".join(str(found[0]).split())
        yield f"{store.folder / DATABASE} is damaged ({reason}); put it back from a copy, or choose another --home"


def _damaged(store: Store, versions: tuple[Version, ...]) -> dict[str, str]:
    """A line for each file that is not whole, with the versions that need it."""
    users: dict[str, list[str]] = {}
    for version in versions:
        for sha in (version.adapter, version.router):
            users.setdefault(sha, []).append(version.name)
    lines = {}
    for sha, names in users.items():
        try:
            store.blobs.get(sha)
        except CorruptBlob as error:
            lines[sha] = f"{', '.join(names)} cannot answer: {error}"
    return lines


def _base_problems(version: Version, cache: Path) -> Iterator[str]:
    """Whether the model that `version` was trained on is where it was, with the weights it had."""
    entry = next((each for each in catalogue_in(cache) if each.entry.name == version.model.casefold()), None)
    path = entry.folder if entry else Path(version.model).expanduser()
    if entry and entry.state != "ready":
        return  # it is fetched when it is needed
    if not path.is_dir():
        if not path.is_file() and (path.is_absolute() or path.suffix == ".gguf"):  # else a hub id
            yield f"{version.name} was trained on {path}, which is gone: put it back, or say with --model where it is"
        return
    try:
        identity = weight_identity(path, weight_files(path))
    except ModelError as error:
        yield str(error)
        return
    if identity != version.base:
        yield (
            f"{version.name} was trained on {version.model} (base {version.base[:12]}), and {path} holds other weights "
            f"(base {identity[:12]}); put the old ones back, or learn the documents again in another --home"
        )


def _holder(folder: Path) -> str | None:
    """Who holds the learning lock, None if nobody does."""
    for _ in range(_TRIES):
        with lock_if_free(folder) as free:
            if free:
                return None
        time.sleep(_PAUSE)
    try:
        who = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f"process {who['pid']} on {who['host']}, since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _named(run: Run) -> str:
    documents = run.inputs.get("documents")
    what = f" {', '.join(documents)}" if isinstance(documents, dict) and documents else ""
    return f"{run.command}{what}, begun {run.started}: the same command goes on with it"
