"""How the room says what is wrong with the user's files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 20
"""Problems that are written out; of further ones the number is told."""

_NOWHERE = logging.NullHandler()


class BadInput(ValueError):
    """All that is wrong with the files of one call, one problem a line; `problems` holds those not written out too."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        num_more = len(problems) - MOST
        rest = [f"and {num_more} more problem{'s' if num_more > 1 else ''}"] if num_more > 0 else []
        super().__init__("\n".join([*problems[:MOST], *rest]))


@contextmanager
def foreign(kind: str, library: str) -> Iterator[None]:
    """Whatever `library` raises on a broken file becomes a problem of that file: parsers raise nearly anything.

    What it logs meanwhile is seen only where the program has set up logging itself.
    """
    logging.getLogger(library).addHandler(_NOWHERE)
    try:
        yield
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ValueError(f"is not a readable {kind} ({reason}); save it anew or leave it out") from error
