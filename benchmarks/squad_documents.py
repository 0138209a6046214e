#!/usr/bin/env python3
"""Passages of a SQuAD file as a document set: docs/*.md and quiz.jsonl.

    python benchmarks/squad_documents.py FILE --out FOLDER [--first N] [--count N]

FILE is a JSON list of {"title", "context", "questions": [{"question", "answer"}]}, as SEAL's authors cut SQuAD.
Titles are written as people read them, without the %-encoding that some have there.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from selfstudy.tasks.squad.data import read_items


def write_documents(file: Path, out: Path, first: int, count: int) -> tuple[int, int]:
    """Write passages [first, first + count) below `out`; how many passages and questions there were.

    Raises:
        ValueError: there is no such passage, or `out` exists already; a BadInput if the file does not fit.
    """
    items = read_items(file)[first : first + count]
    if not items:
        raise ValueError(f"{file} holds no passage from {first} on")
    if out.exists():
        raise ValueError(f"{out} exists already; choose another folder for --out")
    (out / "docs").mkdir(parents=True)
    questions = []
    for number, item in enumerate(items, start=first):
        name = f"{number:03}.md"
        text = f"# {item.passage.title}\n\n{item.passage.text}\n"
        (out / "docs" / name).write_text(text, encoding="utf-8")
        questions += [{"question": q.text, "answers": list(q.answers), "document": name} for q in item.key]
    lines = (json.dumps(question, ensure_ascii=False) + "\n" for question in questions)
    (out / "quiz.jsonl").write_text("".join(lines), encoding="utf-8")
    return len(items), len(questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=8)
    args = parser.parse_args()
    try:
        passages, questions = write_documents(args.file, args.out, args.first, args.count)
    except (OSError, ValueError) as error:
        sys.exit(f"squad_documents: {error}")
    print(f"{passages} passages and {questions} questions in {args.out}")


if __name__ == "__main__":
    main()
