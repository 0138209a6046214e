"""General rows kept on disk: the same base, prompts and settings give the same rows, so they are made once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from selfstudy.domain.identity import content_hash
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.contract import EngineContract
from selfstudy.memory.retain import MAX_NEW_TOKENS, TOP_K, general_rows
from selfstudy.models.row_file import read_rows, write_rows

VERSION = 2  # raise it when `general_rows` makes other rows of the same inputs, or the file's layout changes


@dataclass(frozen=True)
class KeptRows:
    """General rows, and whether they came from the disk."""

    rows: tuple[TokenRow, ...]
    from_disk: bool


def kept_general_rows(
    engine: EngineContract,
    form: PromptForm,
    prompts: Sequence[str],
    folder: Path | None,
    *,
    max_new_tokens: int = MAX_NEW_TOKENS,
    say: Callable[[str], None] = lambda text: None,
) -> KeptRows:
    """`general_rows`, read from `folder` if they are there and whole, else made and written there; None: always made.

    A file that cannot be used is made anew, and a folder that cannot be written costs the time again at the next call;
    `say` gets one line of either. Any number of processes may share the folder: files appear whole or not at all.
    """
    if folder is None:
        return KeptRows(general_rows(engine, form, prompts, max_new_tokens=max_new_tokens), from_disk=False)
    key = _key(engine, form, prompts, max_new_tokens)
    file = folder / f"{key[:32]}.safetensors"
    try:
        return KeptRows(read_rows(file, key), from_disk=True)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        say(f"general rows: {error}; they are made anew")
    rows = general_rows(engine, form, prompts, max_new_tokens=max_new_tokens)
    try:
        write_rows(rows, file, key)
    except OSError as error:
        say(f"general rows: {folder} cannot be written ({error.strerror or error}); they are not kept")
    return KeptRows(rows, from_disk=False)


def _key(engine: EngineContract, form: PromptForm, prompts: Sequence[str], max_new_tokens: int) -> str:
    """Hash of all that decides on the rows. Prompts count as ids: those hold tokenizer, template and system message."""
    asked = [form.question_prompt(prompt) for prompt in prompts]
    numbers = [VERSION, TOP_K, max_new_tokens, list(form.stop_ids), form.end_of_turn, asked]
    return content_hash("general rows", engine.identity, engine.arithmetic, json.dumps(numbers))
