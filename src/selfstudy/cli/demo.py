"""`selfstudy demo`: watch a model learn documents that it has never seen."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

EXAMPLES = Path("examples")


def demo(
    *,
    docs: Path = EXAMPLES / "docs",
    quiz: Path = EXAMPLES / "quiz.jsonl",
    model: str = "smollm2-135m",
    editor: Path | None = None,
    seed: int = 0,
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Learn the documents in a folder without an answer key, then show answers before and after.

    Parameters
    ----------
    docs
        Folder with *.md or *.txt files to learn.
    quiz
        Questions to ask before and after, one JSON object a line (`question`, `answers`). They only report.
    model
        Catalogue name, local folder, .gguf file or Hugging Face hub id.
    editor
        Adapter that `teach-editor` made for this model; without it the one shipped for the model is used.
    seed
        The same seed gives the same run on the same machine.
    json_output
        Print one JSON document on standard output; progress goes to standard error.
    """
    from rich.console import Console

    from selfstudy.documents.markdown import read_passages
    from selfstudy.documents.quiz_file import read_quiz

    # What the user gave is checked before torch is imported: mistakes are told at once.
    if not docs.is_dir():
        raise ValueError(f"demo: {docs} is not a folder; run from the repository's root, or give --docs")
    files = sorted(f for f in docs.iterdir() if f.suffix in (".md", ".txt"))
    passages, questions = read_passages(files), read_quiz(quiz)

    from selfstudy.build import build
    from selfstudy.cli.progress import TrainingBar
    from selfstudy.cli.tables import before_after
    from selfstudy.inner_loop.ask import answers
    from selfstudy.memory.retain import general_prompts
    from selfstudy.memory.retain_cache import kept_general_rows
    from selfstudy.memory.study import settings_for, study
    from selfstudy.models.files import cache_folder

    console = Console(stderr=True)
    console.print(f"loading {model} (the first time it is fetched and converted)")
    shop = build(model, editor=editor)
    begin = time.perf_counter()
    asked = [q.text for q in questions]
    said_before = answers(shop.engine, shop.form, asked)
    console.print("collecting the base's own answers to general prompts, which training must keep")
    general = kept_general_rows(
        shop.engine, shop.form, general_prompts(), cache_folder() / "general_rows", say=console.print
    )
    if general.from_disk:
        console.print("they were on disk from an earlier run")
    with TrainingBar(console) as bar:
        studied = study(
            shop.engine, shop.form, passages, general.rows, general_prompts(), writer=shop.writer(seed),
            scorer=shop.scorer, synonyms=shop.synonyms, pieces=shop.pieces, settings=settings_for(shop.engine.width),
            seed=seed, say=console.print, progress=bar.update,
        )  # fmt: skip
    learned = studied.learned
    from_adapter = answers(shop.engine, shop.form, asked, (learned.adapter,))
    said_after = [
        new if learned.router.to_adapter(q) else old
        for q, old, new in zip(asked, said_before, from_adapter, strict=True)
    ]
    seconds = time.perf_counter() - begin
    before = sum(q.accepts(s) for q, s in zip(questions, said_before, strict=True))
    after = sum(q.accepts(s) for q, s in zip(questions, said_after, strict=True))
    if json_output:
        json.dump(
            {
                "model": model, "seconds": round(seconds, 1), "n": len(questions),
                "before": before, "after": after, "train_tokens": learned.trained_tokens,
                "self_edits": {
                    "written": sum(map(len, studied.standings.values())), "kept": len(studied.kept),
                },
            },
            sys.stdout,
        )  # fmt: skip
        print()
        return 0
    out = Console()
    out.print(before_after(questions, said_before, said_after))
    out.print(
        f"{model}: {before} of {len(questions)} right before, {after} after, documents closed, in {seconds:.0f} s "
        f"({learned.steps} steps, {learned.trained_tokens} trained tokens)"
    )
    return 0
