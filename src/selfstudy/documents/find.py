"""Which files the user's paths mean, and what their documents are called."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Found:
    """`num_parts` of the end of the file's full path are its name."""

    file: Path
    num_parts: int

    @property
    def parts(self) -> tuple[str, ...]:
        full = Path(os.path.abspath(self.file))
        return full.relative_to(full.anchor).parts

    @property
    def source(self) -> str:
        """The file's full path; a link counts as itself."""
        return os.path.abspath(self.file)

    @property
    def name(self) -> str:
        return "/".join(self.parts[-self.num_parts :])


def find(
    paths: Sequence[Path], suffixes: Collection[str], may_be_empty: Collection[str]
) -> tuple[list[Found], list[str]]:
    """The files of all paths, each once, in the order given; and what is wrong with the paths.

    Of a folder, all files with one of the `suffixes`, hidden ones left out, and empty ones whose suffix is in
    `may_be_empty`. Links to folders are not followed.
    """
    found: dict[str, Found] = {}
    problems: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            errors: list[OSError] = []
            files = sorted(_inside(path, suffixes, may_be_empty, errors))
            problems += [f"document: {error.filename} cannot be read ({error.strerror})" for error in errors]
            if not files and not errors:
                problems.append(f"document: {path} holds no document that can be read; give the files by name")
            reached = [Found(file, len(file.relative_to(path).parts)) for file in files]
        else:
            reached = [Found(path, 1)]
        for one in reached:
            found.setdefault(os.path.realpath(one.file), one)
    return _told_apart(list(found.values())), problems


def _inside(
    folder: Path, suffixes: Collection[str], may_be_empty: Collection[str], errors: list[OSError]
) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(here, name) for name in files if not name.startswith(".")):
            suffix = file.suffix.lower()
            if suffix in suffixes and not (suffix in may_be_empty and _is_empty(file)):
                yield file


def _is_empty(file: Path) -> bool:
    return os.path.isfile(file) and os.path.getsize(file) == 0


def _told_apart(found: list[Found]) -> list[Found]:
    """All whose names are alike get one more folder of their path, until no two are alike."""
    while True:
        count = Counter(one.name for one in found)
        longer = [Found(one.file, min(one.num_parts + (count[one.name] > 1), len(one.parts))) for one in found]
        if longer == found:
            return found
        found = longer
