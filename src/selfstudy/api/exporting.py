"""A version for use elsewhere: an adapter in PEFT's layout, or the base with the adapter merged into it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.api.model_card import QUESTION, Agreement, model_card
from selfstudy.api.origin import Origin, origin_of
from selfstudy.api.packages import selfstudy_version
from selfstudy.api.records import open_home
from selfstudy.domain.version import Version
from selfstudy.models.files import scratch_folder, sync
from selfstudy.store.errors import CorruptBlob

if TYPE_CHECKING:
    from selfstudy.engine.engine import Engine
    from selfstudy.models.loaded import LoadedModel

Say = Callable[[str], None]


@dataclass(frozen=True)
class Exported:
    """What was written, and how the merged model answered when it was loaded again (None for an adapter)."""

    version: Version
    folder: Path
    base_model: str
    files: tuple[str, ...]
    size: int
    merged: Agreement | None


def export(
    home: Path,
    name: str,
    to: Path,
    *,
    merged: bool = False,
    model: str | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    say: Say = lambda _: None,
) -> Exported:
    """Write the version `name` into the folder `to`, whole or not at all; one that the gate refused may be written too.

    `model` is where the base lies if not where it was. Merged weights are float32 where `dtype` is "auto": rounded to
    bfloat16 they answer otherwise than base and adapter too often.

    Raises:
        ValueError: `to` exists or cannot be written; there is no such version; its adapter is damaged or of another
            base; the merged model, loaded again, answers otherwise than base and adapter.
    """
    to = to.expanduser()
    if os.path.lexists(to):
        raise ValueError(f"export: {to} exists already; choose another folder for --to")
    if to.parent.exists() and not to.parent.is_dir():
        raise ValueError(f"export: {to.parent} is no folder; choose another folder for --to")
    version, blob = _stored(home, name)
    say(f"loading {model or version.model}")
    numbers = "float32" if merged and dtype == "auto" else dtype
    loaded, engine = _load(model or version.model, device, numbers)
    if engine.identity != version.base:
        raise ValueError(
            f"export: {name} was trained on {version.model} (base {version.base[:12]}), and {loaded.name} has other "
            f"weights (base {engine.identity[:12]}); say with --model where the base is"
        )
    adapter, _ = engine.read_adapter(blob)
    origin = origin_of(loaded.name, loaded.model.name_or_path or "")
    with _named_failures(to), scratch_folder(to.parent) as scratch:
        work = scratch / "export"
        if merged:
            from selfstudy.api.merging import write_merged

            agreement = write_merged(loaded, engine, adapter, version, work, say)
        else:
            from selfstudy.models.write_out import disk_failures

            agreement = None
            with disk_failures():
                replace(adapter, base=origin.name).save(work)
        _write_beside(loaded, version, origin, agreement, work)
        files = {str(file.relative_to(work)): file.stat().st_size for file in work.rglob("*") if file.is_file()}
        _place(work, to)
    return Exported(version, to, origin.name, tuple(sorted(files)), sum(files.values()), agreement)


def _stored(home: Path, name: str) -> tuple[Version, bytes]:
    with closing(open_home(home)) as store:
        version = store.versions.get(name)
        try:
            return version, store.blobs.get(version.adapter)
        except CorruptBlob as error:
            raise CorruptBlob(f"export: the adapter of {name} cannot be read: {error}") from error


def _load(model: str, device: str, dtype: str) -> tuple[LoadedModel, Engine]:
    from selfstudy.engine.engine import Engine
    from selfstudy.models.load import load

    loaded = load(model, device=device, dtype=dtype)
    return loaded, Engine(loaded.model, loaded.identity)


def _write_beside(
    loaded: LoadedModel, version: Version, origin: Origin, merged: Agreement | None, folder: Path
) -> None:
    from selfstudy.models.write_out import shown_prompt, write_tokenizer

    write_tokenizer(loaded, folder)
    card = model_card(
        version, origin, prompt=shown_prompt(loaded, QUESTION), stop_ids=loaded.chat.stop_ids,
        program=selfstudy_version(), dtype=str(loaded.dtype).removeprefix("torch."), merged=merged,
    )  # fmt: skip
    (folder / "README.md").write_text(card, encoding="utf-8")


def _place(work: Path, to: Path) -> None:
    """Move the finished folder to its name, on disk and readable for whoever may read its parent."""
    for path in (*work.rglob("*"), work):
        path.chmod(0o755 if path.is_dir() else 0o644)  # scratch folders and files are made for their owner alone
        sync(path)
    work.rename(to)
    sync(to.parent)


@contextmanager
def _named_failures(to: Path) -> Iterator[None]:
    """What the disk refuses in this block becomes one line.

    Raises:
        ValueError: with the folder and the remedy.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(
            f"export: {to} cannot be written ({reason}); make room there, or choose another folder for --to"
        ) from error
