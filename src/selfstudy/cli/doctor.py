"""`selfstudy doctor`: what this machine can run, and what is missing or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selfstudy.cli.options import HomeOptions

if TYPE_CHECKING:
    from selfstudy.api.checkup import Checkup
    from selfstudy.api.home_check import HomeState

UNWELL = 1
"""Exit code if something is missing or damaged."""


def doctor(*, options: HomeOptions | None = None) -> int:
    """Say what this machine can run, and what is missing or damaged, with the remedy.

    Ends with 0 if all is well, with 1 if not. It takes a few seconds.
    """
    options = options or HomeOptions()
    settings = options.settings()
    from selfstudy.api.checkup import check_up
    from selfstudy.models.files import cache_folder

    found = check_up(settings.home.expanduser(), cache_folder(), settings.device)
    if options.json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(checkup_json(found))
    else:
        for what, text in lines(found):
            print(f"{what:<10} {text}")
    return UNWELL if found.problems else 0


def lines(found: Checkup) -> Iterator[tuple[str, str]]:
    """The report: what a line is about, and the line."""
    yield "selfstudy", f"{found.selfstudy}, Python {found.python}"
    yield "torch", f"{found.torch or 'not installed'}, transformers {found.transformers or 'not installed'}"
    yield "processor", f"{found.cores} cores{_arithmetic(found)}"
    if found.compute is not None:
        yield "kernels", f"none of our own, {found.no_kernels}" if found.no_kernels else "our own, compiled for it"
        yield "CUDA", ", ".join(found.compute.cuda) or "no device"
    free = "" if found.memory.available is None else f", {found.memory.available / 1e9:.1f} of them free"
    yield "memory", f"{found.memory.total / 1e9:.1f} GB{free}"
    yield "disk", f"{found.home_disk / 1e9:.1f} GB free for the home, {found.cache_disk / 1e9:.1f} for the cache"
    yield "cache", str(found.cache)
    for each in found.models:
        state = {"ready": "in the cache", "downloaded": "in the cache, to be converted", "absent": "not in the cache"}
        fits = "fits into memory" if each.fits else "does not fit into memory"
        yield "model", f"{each.cached.entry.name}: {state[each.cached.state]}, {fits} (up to {each.needs / 1e9:.1f} GB)"
    for text in _home_lines(found.home):
        yield "home", text
    if found.expected is not None:
        about = f"about {_rounded(found.expected.learning)} s for three short documents with the default model"
        trial = f"{_rounded(found.expected.trial)} s a trial of SEAL's recipe"
        yield "learning", f"{about}, {trial}: estimates, from how fast this processor multiplies just now"
    for text in found.problems:
        yield "problem", text
    if not found.problems:
        yield "all well", "nothing is missing or damaged"


def checkup_json(found: Checkup) -> dict[str, object]:
    home, compute = found.home, found.compute
    return {
        "selfstudy": found.selfstudy, "python": found.python, "torch": found.torch,
        "transformers": found.transformers, "cores": found.cores,
        "threads": compute.threads if compute else None, "lanes": compute.lanes if compute else None,
        "bfloat16": compute.bfloat16 if compute else None,
        "matrix_tiles": compute.tiles if compute else None,
        "kernels": not found.no_kernels,
        "dtype": compute.dtype if compute else None, "cuda": list(compute.cuda) if compute else None,
        "memory_bytes": found.memory.total, "memory_free_bytes": found.memory.available,
        "home_disk_free_bytes": found.home_disk, "cache_disk_free_bytes": found.cache_disk, "cache": str(found.cache),
        "models": [
            {"name": m.cached.entry.name, "state": m.cached.state, "fits": m.fits, "needs_bytes": m.needs}
            for m in found.models
        ],
        "home": {
            "folder": str(home.folder), "versions": home.versions, "current": home.current, "files": home.files,
            "whole": home.whole, "learning_now": home.holder, "unfinished": list(home.unfinished),
        },
        "learning_seconds_estimate": _rounded(found.expected.learning) if found.expected else None,
        "trial_seconds_estimate": _rounded(found.expected.trial) if found.expected else None,
        "problems": list(found.problems),
    }  # fmt: skip


def _arithmetic(found: Checkup) -> str:
    if found.compute is None:
        return ""
    has = "bfloat16 in hardware" if found.compute.bfloat16 else "no bfloat16 in hardware"
    lanes = f" in {found.compute.lanes} processes for large calls" if found.compute.lanes > 1 else ""
    tiles = " in matrix tiles" if found.compute.tiles else ""
    return f", torch uses {found.compute.threads}{lanes}; {has}{tiles}, so that dtype auto is {found.compute.dtype}"


def _home_lines(home: HomeState) -> Iterator[str]:
    if home.versions is None:
        yield f"{home.folder}: {'see the problem below' if home.problems else 'nothing was learned there yet'}"
        return
    who = f"{home.current} answers" if home.current else "the base alone answers"
    count = "1 version" if home.versions == 1 else f"{home.versions} versions"
    yield f"{home.folder}: {count}, {who}; {home.whole} of {home.files} adapter and router files are whole"
    if home.holder:
        yield f"{home.holder}, is learning there"
    for text in home.unfinished:
        yield f"unfinished: {text}"


def _rounded(seconds: float) -> int:
    """To two figures: it is an estimate."""
    return int(float(f"{seconds:.1e}"))
