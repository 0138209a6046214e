"""Files of many documents: one JSON object a line with `text`, and optionally `title`, `id` and `metadata`."""

from __future__ import annotations

from pathlib import Path

from selfstudy.documents import markdown
from selfstudy.documents.json_lines import is_text, parse_json_lines
from selfstudy.domain.document import Document


def read(file: Path, name: str, source: str, text: str) -> tuple[Document, ...]:
    """A document a line, named `name#key`, from `source#key`: the key is its id, else its title, else a number.

    Raises:
        BadInput: with file, line and column of each line that is not a document, or whose key came before.
    """
    lines: dict[str, int] = {}

    def build(number: int, item: object) -> Document:
        if not isinstance(item, dict) or not is_text(item.get("text")):
            raise ValueError('needs an object with a text "text"')
        if not isinstance(item.get("metadata"), dict | None):
            raise ValueError('"metadata" must be an object, or left out')
        title = _label(item.get("title"), "title", (str,))
        given = _label(item.get("id"), "id", (str, int))
        key = given or title or str(number)
        if lines.setdefault(key, number) != number:
            raise ValueError(f'"{key}" names the document of line {lines[key]} already; give each an "id" of its own')
        # A title that is given stands above a heading in the text, an id below.
        body = f"# {title}\n\n{item['text']}" if title else item["text"]
        passages = markdown.split(f"{name}#{key}", body, title=given)
        if not passages:
            raise ValueError('"text" holds nothing but a heading')
        return Document(f"{name}#{key}", tuple(passages), f"{source}#{key}")

    return parse_json_lines(file, text, build)


def _label(value: object, field: str, kinds: tuple[type, ...]) -> str:
    """On one line; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f'"{field}" must be a text{" or a whole number" if int in kinds else ""}, or left out')
    return " ".join(str(value).split())
