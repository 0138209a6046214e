"""`selfstudy teach-editor`: teach a model to word the questions of its own notes."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def teach_editor(
    lessons: Annotated[list[Path], Parameter(negative="")],
    *,
    out: Path,
    model: str = "smollm2-135m",
    epochs: int = 2,
    rank: int = 8,
    learning_rate: float = 1e-3,
    first_layer: float = 0.0,
    most_rows: int = 0,
    seed: int = 0,
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Teach a model to word questions as the notes of your lessons do; use the result with the setting `editor`.

    Parameters
    ----------
    lessons
        Files with one JSON object a line: `title`, `text` and `notes`, each an `answer` out of the text with
        `questions`.
    out
        Folder for the adapter, in PEFT's layout; it must not exist yet.
    model
        Catalogue name, local folder, .gguf file or Hugging Face hub id.
    epochs
        Times that each lesson is seen.
    rank
        Rank of the adapter.
    learning_rate
        Peak of the linear schedule. Wider models want less (5e-4 for the 0.5B).
    first_layer
        Share of the model's layers, from below, that stay as they are.
    most_rows
        At most this many questions are learned, drawn at random from all lessons; 0 for all.
    seed
        The same seed gives the same adapter on the same machine.
    json_output
        Print one JSON document on standard output; progress goes to standard error.
    """
    from rich.console import Console

    from selfstudy.documents.lesson_file import read_lessons

    if out.exists():
        raise ValueError(f"teach-editor: {out} exists already; choose another folder for --out")
    read = [lesson for file in lessons for lesson in read_lessons(file)]

    from selfstudy.build import build
    from selfstudy.cli.progress import TrainingBar
    from selfstudy.outer_loop.teach import TeachSettings, teach

    default = TeachSettings()
    recipe = replace(default.recipe, epochs=epochs, rank=rank, alpha=2.0 * rank, learning_rate=learning_rate)
    settings = replace(default, recipe=recipe, first_layer=first_layer, most_rows=most_rows)
    console = Console(stderr=True)
    console.print(f"loading {model}")
    shop = build(model)
    begin = time.perf_counter()
    with TrainingBar(console) as bar:
        taught = teach(shop.engine, shop.form, read, settings=settings, seed=seed, progress=bar.update)
    taught.adapter.save(out, half=True)
    seconds = time.perf_counter() - begin
    if json_output:
        json.dump(
            {
                "model": model, "adapter": str(out), "lessons": len(read), "rows": taught.rows, "tokens": taught.tokens,
                "held_out_rows": taught.held_out_rows, "loss_before": taught.before, "loss_after": taught.after,
                "seconds": round(seconds, 1),
            },
            sys.stdout,
        )  # fmt: skip
        print()
        return 0
    console.print(f"{len(read)} lessons, {taught.rows} questions learned in {seconds:.0f} s; the editor is in {out}")
    if taught.before is not None and taught.after is not None:
        console.print(
            f"{taught.held_out_rows} questions of held-out lessons: {taught.before:.2f} nats a token before, "
            f"{taught.after:.2f} after"
        )
    return 0
