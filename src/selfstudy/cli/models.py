"""`selfstudy models`: what may be given as --model, and what of it is here already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from selfstudy.models.catalogue import DEFAULT_MODEL

if TYPE_CHECKING:
    from rich.table import Table

    from selfstudy.models.cached import CachedEntry, CachedModel

_STATES = {"ready": "{}", "downloaded": "{}, to be converted", "absent": "no"}


def models(*, json_output: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """List the models that have a name here, and what is in the cache.

    Parameters
    ----------
    json_output
        Print one JSON document on standard output.
    """
    from selfstudy.models.cached import catalogue_in, others_in
    from selfstudy.models.files import cache_folder

    cache = cache_folder()
    entries, others = catalogue_in(cache), others_in(cache)
    if json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(models_json(cache, entries, others))
        return
    from rich.console import Console

    Console().print(catalogue_table(entries))
    print(f"{DEFAULT_MODEL} is the default; the cache is {cache}")
    for each in others:
        print(f"also there: {each.name} (from {each.came_from}), {megabytes(each.size):.0f} MB")
    print("--model also takes a Hugging Face hub id (owner/name), a folder with a saved model, or a .gguf file")


def models_json(cache: Path, entries: tuple[CachedEntry, ...], others: tuple[CachedModel, ...]) -> dict[str, object]:
    return {
        "cache": str(cache),
        "catalogue": [
            {
                "name": each.entry.name, "description": each.entry.description, "licence": each.entry.licence,
                "hub": each.entry.hub, "default": each.entry.name == DEFAULT_MODEL, "state": each.state,
                "megabytes": megabytes(each.size),
            }
            for each in entries
        ],
        "others": [{"name": o.name, "came_from": o.came_from, "megabytes": megabytes(o.size)} for o in others],
    }  # fmt: skip


def catalogue_table(entries: tuple[CachedEntry, ...]) -> Table:
    """The models that have a name, each with its place in the cache."""
    from rich.table import Table

    table = Table(title="models by name")
    table.add_column("name", no_wrap=True)
    for column in ("what it is", "licence", "in the cache"):
        table.add_column(column, overflow="fold")
    for each in entries:
        place = _STATES[each.state].format(f"{megabytes(each.size):.0f} MB")
        table.add_row(each.entry.name, each.entry.description, each.entry.licence, place)
    return table


def megabytes(size: int) -> float:
    return round(size / 1e6, 1)
