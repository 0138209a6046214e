"""`selfstudy report`: one HTML page about a version."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from selfstudy.cli.options import HomeOptions


def report(
    *,
    version: str | None = None,
    open_it: Annotated[bool, Parameter(name="--open", negative="")] = False,
    options: HomeOptions | None = None,
) -> None:
    """Write the report of a version as one HTML page that needs no network, and print its path.

    Parameters
    ----------
    version
        Which version [default: the current one].
    open_it
        Also open the page in the browser.
    """
    options = options or HomeOptions()
    from selfstudy.cli.report_of import write_version_report

    file = write_version_report(options.home_folder(), version)
    if options.json_output:
        from selfstudy.cli.json_forms import print_json

        print_json({"report": str(file)})
    else:
        print(file)
    if open_it:
        import webbrowser

        webbrowser.open(file.resolve().as_uri())
