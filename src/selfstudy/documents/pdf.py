"""PDF files as passages."""

from __future__ import annotations

import re
from io import BytesIO

from selfstudy.documents import markdown
from selfstudy.documents.bad_input import foreign
from selfstudy.documents.paragraphs import cut_at_lines
from selfstudy.domain.passage import Passage


def split(name: str, data: bytes) -> list[Passage]:
    """The text layer of all pages as passages, under the file's name: titles that programs write are seldom titles.

    Raises:
        ValueError: a broken or encrypted file, or one without a text layer.
    """
    from pypdf import PdfReader

    with foreign("PDF", "pypdf"):
        reader = PdfReader(BytesIO(data))
        encrypted = reader.is_encrypted
        pages = [] if encrypted else [page.extract_text() for page in reader.pages]
    if encrypted:
        raise ValueError("is encrypted; save a copy without a password")
    text = _clean("\n\n".join(pages))
    if not text.strip():
        raise ValueError("holds no text layer, only pictures at most; run text recognition (OCR) on it first")
    # Few PDFs have blank lines between their paragraphs, so a page can be one block.
    return markdown.split(name, "\n\n".join(cut_at_lines(re.split(r"\n\s*\n", text))))


def _clean(text: str) -> str:
    """Without what broken fonts leave: NUL, and halves of surrogate pairs; words that a line end divided made whole."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    return re.sub(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿ])", "", whole)
