"""Write a page to a file, all of it or nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_report(html: str, file: Path) -> None:
    """Whoever opens `file` meanwhile sees the old page or the new one, never half of one; its folder is made if needed.

    Characters that UTF-8 cannot hold (halves of a surrogate pair, from a model or a quiz file) become question marks.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as scratch:
        whole = Path(scratch) / file.name
        with whole.open("wb") as out:
            out.write(html.encode("utf-8", "replace"))
            out.flush()
            os.fsync(out.fileno())
        whole.replace(file)
