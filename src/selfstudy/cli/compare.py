"""`selfstudy compare`: two reproductions, row by row."""

from __future__ import annotations

from dataclasses import asdict

from selfstudy.cli.options import HomeOptions


def compare(first: str, second: str, /, *, options: HomeOptions | None = None) -> None:
    """Test the rows that two runs have in common, the first less the second, with passages as the unit.

    Parameters
    ----------
    first
        A run: the beginning of its name, or its folder. RUN:ROW takes one row of it.
    second
        The run, or RUN:ROW, that it is compared with.
    """
    from selfstudy.api.compare import compare as tested

    options = options or HomeOptions()
    found = tested(options.home_folder(), first, second)
    if options.json_output:
        from selfstudy.cli.json_forms import print_json

        print_json({"first": first, "second": second, "comparisons": [asdict(each) for each in found]})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{first} less {second}: {len(found)} comparisons, corrected for their number (Holm)")
    for column in ("rows", "measure", "first", "second", "difference", "95 % interval", "p", "corrected", "passages"):
        table.add_column(column)
    for each in found:
        d = each.difference
        names = each.first if each.first == each.second else f"{each.first} - {each.second}"
        low, high = d.difference.low, d.difference.high
        table.add_row(
            names, each.measure, f"{d.first:.3f}", f"{d.second:.3f}", f"{d.first - d.second:+.3f}",
            "-" if low is None or high is None else f"{low:+.3f} to {high:+.3f}", f"{d.p:.3f}", f"{each.adjusted:.3f}",
            str(d.num_passages),
        )  # fmt: skip
    # Row names such as "RUN:notes:NAME" are no emoji.
    Console(emoji=False).print(table)
