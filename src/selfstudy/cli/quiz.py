"""`selfstudy quiz`: the base, the ceiling, retrieval and the version, side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from selfstudy.cli.options import ModelOptions


def quiz(
    file: Path,
    /,
    *,
    version: str | None = None,
    probe: Annotated[bool, Parameter(negative="")] = False,
    options: ModelOptions | None = None,
) -> None:
    """Ask a quiz closed-book, open-book, with BM25 retrieval, and of a version.

    Parameters
    ----------
    file
        One JSON object a line: `question`, `answers`, optional `document`.
    version
        Which version answers [default: the current one].
    probe
        Also count what the version keeps of the general questions that the base answers right.
    """
    from selfstudy.documents.quiz_file import read_quiz

    options = options or ModelOptions()
    questions = read_quiz(file)
    study = options.study()
    found = study.quiz(
        questions, version=version, probe=probe, say=lambda text: print(f"selfstudy: {text}", file=sys.stderr)
    )
    if options.json_output:
        from selfstudy.cli.json_forms import print_json, quiz_json

        print_json(quiz_json(found))
        return
    from rich.console import Console

    from selfstudy.cli.tables import quiz_table

    out = Console()
    out.print(quiz_table(found))
    if found.kept is not None:
        out.print(f"{found.kept.right} of {found.kept.n} general questions kept")
