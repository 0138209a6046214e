"""Markdown and plain-text files as passages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from selfstudy.documents.paragraphs import gather
from selfstudy.domain.passage import Passage


def read_passages(files: Iterable[Path]) -> tuple[Passage, ...]:
    """The passages of every file, in the order given. The first heading is the title, else the file's name.

    Raises:
        ValueError: a file that is missing, is not UTF-8 text, or holds no text; the message names it.
    """
    found: list[Passage] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ValueError(f"document: {file} does not exist") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"document: {file} is not UTF-8 text; convert it first") from error
        passages = split(file.name, text)
        if not passages:
            raise ValueError(f"document: {file} holds no text")
        found += passages
    return tuple(found)


def split(name: str, text: str, title: str = "") -> list[Passage]:
    """Passages of at most about `LONGEST` words, cut between paragraphs.

    They stand under the heading that the text begins with, else under `title`, else under the file's name.
    """
    heading = re.match(r"\s*#+\s*(.+)", text)
    title = heading[1].strip() if heading else title or Path(name).stem.replace("_", " ").replace("-", " ")
    body = text[heading.end() :] if heading else text
    paragraphs = (p.strip() for p in re.split(r"\n\s*\n", body))
    return [Passage(name, title, piece) for piece in gather(p for p in paragraphs if p)]
