"""`selfstudy notes`: what the model wrote about its documents, and what came of it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from selfstudy.cli.options import HomeOptions


def notes(
    document: str | None = None,
    /,
    *,
    version: str | None = None,
    dropped: Annotated[bool, Parameter(negative="")] = False,
    options: HomeOptions | None = None,
) -> None:
    """Show the self-edits that a version was trained on, what each earned, and those that were not kept.

    Parameters
    ----------
    document
        Of this document alone; `history` lists the names.
    version
        Of this version [default: the current one].
    dropped
        Also show the rows that filters dropped, with the reason.
    """
    options = options or HomeOptions()
    from selfstudy.api import records

    found = records.notes(options.home_folder(), document, version=version)
    if options.json_output:
        from selfstudy.cli.json_forms import notes_json, print_json

        print_json(notes_json(found))
        return
    from rich.console import Console

    from selfstudy.cli.tables import notes_tables

    out = Console()
    for table in notes_tables(found, dropped=dropped):
        out.print(table)
