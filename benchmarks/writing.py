#!/usr/bin/env python3
"""How long the editor takes to write notes on documents and to check them: seconds in the engine's two calls.

    python benchmarks/writing.py [--model M] [--docs FOLDER] [--seed S] [--rounds N] [--json FILE]

Every passage of FOLDER/*.md gets the candidates that a study of this model's width would write, without a quiz.
Writing is what the editor generates for its prompts; checking is `likelihoods` or `read`, as the candidate says;
choosing is the scorer's choice among wordings made by rule. The digest is of all rows, kept and dropped. Where other
work shares the machine, the processor's time is the steadier figure with one thread.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from selfstudy.build import Editor, Workshop, build
from selfstudy.documents.markdown import read_passages
from selfstudy.domain.identity import content_hash
from selfstudy.memory.notes import write_candidates
from selfstudy.memory.study_settings import settings_for
from selfstudy.self_edits.contract import WriteRequest

SET = Path(__file__).resolve().parent.parent / "examples" / "sets" / "observatory"


@dataclass
class Spent:
    """Seconds, calls and requests by kind of work."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    processor: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def timed(self, kind: str, asked: Sequence[Any], work: Callable[[Sequence[Any]], Any]) -> Any:
        began, processor = time.perf_counter(), time.process_time()
        out = work(asked)
        self.seconds[kind] += time.perf_counter() - began
        self.processor[kind] += time.process_time() - processor
        self.requests[kind] += len(asked)
        return out


@dataclass(frozen=True, eq=False)
class TimedEditor:
    """An editor whose calls are timed."""

    editor: Editor
    spent: Spent

    def __call__(self, requests: Sequence[WriteRequest]) -> list[str]:
        return list(self.spent.timed("write", requests, self.editor))

    def likelihoods(self, requests: Sequence[WriteRequest]) -> list[float]:
        return list(self.spent.timed("check: likelihoods", requests, self.editor.likelihoods))

    def read(self, asked: Sequence[tuple[str, str]]) -> list[str]:
        return list(self.spent.timed("check: read", asked, self.editor.read))


def measure(workshop: Workshop, docs: Path, seed: int) -> tuple[Spent, str, int]:
    """What writing took, the digest of what was written, and how many rows it has."""
    spent, written, rows = Spent(), [], 0
    editor = TimedEditor(workshop.writer(seed), spent)
    settings = settings_for(workshop.engine.width)
    for passage in read_passages(sorted(docs.glob("*.md"))):
        edits = write_candidates(
            passage, settings.candidates, editor,
            lambda pairs: list(spent.timed("choose", pairs, workshop.scorer)), (),
        )  # fmt: skip
        written += [repr(edit) for edit in edits]
        rows += sum(len(edit.rows) for edit in edits)
    return spent, content_hash(*written), rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--docs", type=Path, default=SET / "docs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    workshop = build(args.model)
    found = []
    for _ in range(args.rounds):
        spent, digest, rows = measure(workshop, args.docs, args.seed)
        print(f"{rows} rows, digest {digest[:12]}, {torch.get_num_threads()} threads, {workshop.engine.backbone.dtype}")
        for kind in (*spent.seconds, "all"):
            requests, seconds, processor = (
                sum(of.values()) if kind == "all" else of[kind]
                for of in (spent.requests, spent.seconds, spent.processor)
            )
            print(f"{kind:20s} {requests:6d} requests {seconds:8.2f} s, {processor:8.2f} s of processor", flush=True)
        found.append({**vars(spent), "rows": rows, "digest": digest})
    if args.json:
        args.json.write_text(json.dumps({"model": args.model, "rounds": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
