"""Source code and settings as passages."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from selfstudy.documents.paragraphs import cut_at_lines, gather
from selfstudy.domain.passage import Passage

SUFFIXES = tuple(
    ".bash .c .cc .cfg .cpp .cs .css .cxx .go .h .hpp .ini .java .jl .js .json .jsx .kt .lua .mjs .php .pl .proto .ps1"
    " .py .pyi .r .rb .rs .scala .scss .sh .sql .swift .toml .ts .tsx .yaml .yml .zig .zsh".split()
)


def split(name: str, text: str) -> list[Passage]:
    """Passages cut at blank lines, or where a block is too long at line ends; the lines keep their indentation."""
    blocks = (block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip())
    return [Passage(name, PurePosixPath(name).name, piece) for piece in gather(cut_at_lines(blocks))]
