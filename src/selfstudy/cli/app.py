"""The `selfstudy` command."""

from __future__ import annotations

import sys

from cyclopts import App

from selfstudy.cli.demo import demo
from selfstudy.cli.teach_editor import teach_editor

app = App(name="selfstudy", help="A language model that studies documents by itself.", result_action="return_value")
app.command(demo)
app.command(teach_editor)


def main() -> None:
    """Run the command line; a mistake of the user's ends in one line on standard error and exit code 2."""
    try:
        sys.exit(app() or 0)
    except (ValueError, OSError) as error:
        print(f"selfstudy: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("selfstudy: stopped; nothing was kept", file=sys.stderr)
        sys.exit(130)
