"""`selfstudy history` and `selfstudy rollback`: which versions there are, and which one answers."""

from __future__ import annotations

from selfstudy.cli.options import HomeOptions


def history(*, options: HomeOptions | None = None) -> None:
    """List the versions: parent, documents, scores, and what the gate said."""
    options = options or HomeOptions()
    from selfstudy.api import records

    found = records.history(options.home_folder())
    if options.json_output:
        from selfstudy.cli.json_forms import history_json, print_json

        print_json(history_json(found))
        return
    from rich.console import Console

    from selfstudy.cli.tables import history_table

    Console().print(history_table(found) if found.versions else "nothing was learned yet")


def rollback(version: str, /, *, options: HomeOptions | None = None) -> None:
    """Make an earlier version the current one; it answers as it did then.

    Parameters
    ----------
    version
        Its name, as `history` lists it.
    """
    options = options or HomeOptions()
    from selfstudy.api import records

    found = records.rollback(options.home_folder(), version)
    if options.json_output:
        from selfstudy.cli.json_forms import print_json, version_json

        print_json(version_json(found))
    else:
        print(f"{found.name} is the current version")
