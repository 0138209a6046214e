"""Files and folders of all known kinds as documents."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from pathlib import Path

from selfstudy.documents import html, jsonl, markdown, pdf, rst, source
from selfstudy.documents.bad_input import BadInput
from selfstudy.documents.file_bytes import as_text, read_bytes
from selfstudy.documents.find import Found, find
from selfstudy.domain.document import Document
from selfstudy.domain.passage import Passage

LARGEST = 10 * 2**20
"""Bytes of a file."""

Reader = Callable[[Found, bytes], tuple[Document, ...]]
"""Makes documents of a file's bytes; what is wrong with them is a ValueError that starts after the file's name."""


def read_documents(paths: Sequence[Path], *, largest: int = LARGEST) -> tuple[Document, ...]:
    """The documents in files and folders, in the order given; a folder's are sorted by path.

    A document is named like its file, in a folder by its path from there; where two would be named alike, by more of
    their paths. A path that is given or reached twice counts once. A file of an unknown kind is read as text if it was
    given itself, and passed over in a folder.

    Raises:
        BadInput: one problem a line of all that is missing, empty, larger than `largest` bytes, no UTF-8 text,
            encrypted or otherwise not to be read.
    """
    found, problems = find(paths, suffixes=READERS.keys(), may_be_empty=source.SUFFIXES)
    documents: list[Document] = []
    for one in found:
        reader = READERS.get(one.file.suffix.lower(), READERS[".txt"])
        try:
            documents += _read(one, reader, largest)
        except BadInput as error:
            problems += error.problems
        except ValueError as error:
            problems.append(f"document: {_printable(one.file)} {error}")
    if problems:
        raise BadInput(*problems)
    return tuple(documents)


def _read(one: Found, reader: Reader, largest: int) -> tuple[Document, ...]:
    data = read_bytes(one.file, largest)
    if _printable(one.file) != str(one.file):
        raise ValueError("has a name that is not UTF-8; rename it")
    if not data.removeprefix(BOM_UTF8).strip():
        raise ValueError("is empty; leave it out")
    documents = reader(one, data)
    if not documents or not all(document.passages for document in documents):
        raise ValueError("holds no text; leave it out")
    return documents


def _printable(file: Path) -> str:
    """Bytes of a name that are not UTF-8 come as halves of surrogate pairs, which cannot be printed."""
    return str(file).encode(errors="backslashreplace").decode()


def _text_reader(split: Callable[[str, str], list[Passage]]) -> Reader:
    return lambda one, data: (Document(one.name, tuple(split(one.name, as_text(data))), one.source),)


READERS: dict[str, Reader] = {
    **dict.fromkeys((".md", ".markdown", ".txt"), _text_reader(markdown.split)),
    **dict.fromkeys((".html", ".htm"), _text_reader(html.split)),
    ".rst": _text_reader(rst.split),
    ".jsonl": lambda one, data: jsonl.read(one.file, one.name, one.source, as_text(data)),
    ".pdf": lambda one, data: (Document(one.name, tuple(pdf.split(one.name, data)), one.source),),
    **dict.fromkeys(source.SUFFIXES, _text_reader(source.split)),
}
"""By suffix. A further kind is one line here and, unless it is as good as text, a module."""
