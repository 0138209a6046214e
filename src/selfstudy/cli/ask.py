"""`selfstudy ask`: a closed-book answer, token by token."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from selfstudy.cli.options import ModelOptions


def ask(
    question: str,
    /,
    *,
    version: str | None = None,
    base: Annotated[bool, Parameter(negative="")] = False,
    max_new_tokens: int = 48,
    options: ModelOptions | None = None,
) -> None:
    """Ask what was learned; no document is in context.

    Parameters
    ----------
    question
        What to ask.
    version
        Which version answers [default: the current one].
    base
        Let the base model answer, without what was learned.
    max_new_tokens
        The longest answer.
    """
    options = options or ModelOptions()
    if version is not None and base:
        raise ValueError("ask: --version and --base exclude each other")
    if not question.strip():
        raise ValueError("ask: the question is empty")
    study = options.study()

    def warn(text: str) -> None:
        print(f"selfstudy: {text}", file=sys.stderr)

    def speak(text: str) -> None:
        print(text, end="", flush=True)

    silent = options.json_output
    said = study.ask(
        question, version=version, base=base, say=warn, max_new_tokens=max_new_tokens,
        **({} if silent else {"speak": speak}),
    )  # fmt: skip
    if silent:
        from selfstudy.cli.json_forms import print_json

        print_json({"question": question, "answer": said})
    else:
        print()
