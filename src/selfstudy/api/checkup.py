"""What this machine can run, and what is missing or damaged: `selfstudy doctor` shows it."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.api.home_check import HomeState, check_home
from selfstudy.api.packages import installed, missing_packages, selfstudy_version
from selfstudy.models.cached import CachedEntry, catalogue_in
from selfstudy.models.catalogue import DEFAULT_MODEL
from selfstudy.models.errors import ModelError
from selfstudy.models.folder import weight_files
from selfstudy.models.machine import Memory, cores, free_disk, memory

if TYPE_CHECKING:
    from selfstudy.models.compute import Compute, Expected

LEAST_DISK = 1_000_000_000
"""Bytes that should be free where the home and the cache are: the default model takes 0.4 GB and as much again while it
is made, a version 25 MB."""
_WIDER = 1.5  # float32 beside bfloat16; an estimate


@dataclass(frozen=True)
class ModelFit:
    """A catalogue model here, the bytes that learning with it takes at most, and whether the machine has as many."""

    cached: CachedEntry
    needs: int
    fits: bool


@dataclass(frozen=True)
class Checkup:
    """`compute` and `expected` are None where torch cannot be used. `problems`: a line each, with the remedy.
    `no_kernels` says why the engine does without kernels of its own on the processor, "" if it has them.

    `expected` are estimates for the default model on the processor.
    """

    python: str
    selfstudy: str
    torch: str | None
    transformers: str | None
    cores: int
    memory: Memory
    cache: Path
    cache_disk: int
    home_disk: int
    compute: Compute | None
    no_kernels: str
    models: tuple[ModelFit, ...]
    home: HomeState
    expected: Expected | None
    problems: tuple[str, ...]


def check_up(home: Path, cache: Path, device: str) -> Checkup:
    """Look at everything; it takes a few seconds, most of them to measure how fast the processor is."""
    problems = list(missing_packages())
    found, trouble = _compute(device)
    problems += trouble
    no_kernels, expected = _speed(found)
    has = memory()
    wide = 1.0 if found is None or found.dtype == "bfloat16" else _WIDER
    models = tuple(_fit(each, has, wide) for each in catalogue_in(cache))
    problems += _model_problems(models, has)
    disks = {"the cache": (cache, free_disk(cache)), "the home": (home, free_disk(home))}
    for what, (folder, free) in disks.items():
        if free < LEAST_DISK:
            problems.append(
                f"only {free / 1e6:.0f} MB are free for {what} at {folder}, and {LEAST_DISK / 1e6:.0f} should be; "
                "make room there"
            )
    state = check_home(home, cache)
    return Checkup(
        platform.python_version(), selfstudy_version(), installed("torch"), installed("transformers"), cores(), has,
        cache, disks["the cache"][1], disks["the home"][1], found, no_kernels, models, state, expected,
        (*problems, *state.problems),
    )  # fmt: skip


def _compute(device: str) -> tuple[Compute | None, tuple[str, ...]]:
    try:
        from selfstudy.models.compute import compute
        from selfstudy.models.precision import pick_device
    except (ImportError, OSError) as error:  # OSError: a shared library that torch needs is missing
        if installed("torch") is None:
            return None, ()  # said already
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return None, (f"torch cannot be imported ({reason}): pip install --force-reinstall torch",)
    try:
        pick_device(device)
    except ModelError as error:
        return compute(), (str(error),)
    return compute(), ()


def _speed(found: Compute | None) -> tuple[str, Expected | None]:
    """Why there are no kernels ("": there are), and how long work is expected to take."""
    if found is None:
        return "torch cannot be used", None
    from selfstudy.engine.native import load
    from selfstudy.models.compute import expected_seconds
    from selfstudy.models.precision import pick_device, pick_dtype

    missing = load(pick_dtype(found.dtype, pick_device("cpu"))).missing
    return missing, expected_seconds(kernels=not missing)


def _fit(cached: CachedEntry, has: Memory, wide: float) -> ModelFit:
    needs = round(cached.entry.learning_mb * 1e6 * wide)
    return ModelFit(cached, needs, needs <= has.total)


def _model_problems(models: tuple[ModelFit, ...], has: Memory) -> Iterator[str]:
    for each in models:
        name, folder = each.cached.entry.name, each.cached.folder
        if each.cached.state == "ready":
            try:
                weight_files(folder)
            except ModelError as error:
                yield f"{name} in the cache is damaged ({error}): remove {folder}, and it is made again when needed"
        if name != DEFAULT_MODEL:
            continue
        if each.cached.state == "absent" and importlib.util.find_spec("pip") is None:
            yield f"{name} is not in the cache, and there is no pip to download it with: python -m ensurepip"
        if not each.fits:
            yield (
                f"learning with {name}, the default model, takes up to {each.needs / 1e9:.1f} GB of memory, and there "
                f"are {has.total / 1e9:.1f}: use a machine with more, or name a smaller model with --model"
            )
