"""Which version answers, and its adapter as it is stored."""

from __future__ import annotations

from collections.abc import Callable

from selfstudy.domain.version import Version
from selfstudy.engine.contract import EngineContract
from selfstudy.memory.answering import Learner
from selfstudy.memory.router import read_router
from selfstudy.store.errors import CorruptBlob
from selfstudy.store.store import Store


def pick(store: Store, name: str | None) -> Version | None:
    """The version `name`, else the current one; None: there is none yet.

    Raises:
        ValueError: `name` is unknown.
    """
    return store.versions.current() if name is None else store.versions.get(name)


def learner_of(store: Store, engine: EngineContract, version: Version, say: Callable[[str], None]) -> Learner | None:
    """The adapter and router of `version`; if its files are damaged, those of the nearest published ancestor.

    `say` gets a line on each version that cannot answer. None: no version is whole, the base answers.

    Raises:
        ValueError: the version belongs to another base model.
    """
    if version.base != engine.identity:
        raise ValueError(
            f"version {version.name} was trained on {version.model} (base {version.base[:12]}), the model at hand is "
            f"another (base {engine.identity[:12]}); leave --model out, or give another --home"
        )
    wanted: Version | None = version
    while wanted is not None:
        try:
            adapter, _ = engine.read_adapter(store.blobs.get(wanted.adapter))
            return Learner(adapter, read_router(store.blobs.get(wanted.router)))
        except CorruptBlob as error:
            say(f"version {wanted.name} cannot answer: {error}")
        wanted = _published_parent(store, wanted)
        say(f"{wanted.name if wanted else 'the base'} answers instead")
    return None


def _published_parent(store: Store, version: Version) -> Version | None:
    parent = store.versions.get(version.parent) if version.parent else None
    while parent is not None and not parent.gate.published:
        parent = store.versions.get(parent.parent) if parent.parent else None
    return parent
