"""reStructuredText as passages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from selfstudy.documents import markdown
from selfstudy.documents.bad_input import foreign
from selfstudy.domain.passage import Passage

# Nothing is fetched or included, no settings file of the user's is read, and no complaint is printed.
_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "line_length_limit": 2**31,
    "raw_enabled": False,
    "report_level": 5,
}
_LEFT_OUT = frozenset(["comment", "pending", "substitution_definition", "target", "transition"])
_LABELLED = frozenset(["citation", "definition_list_item", "field", "footnote", "option_list_item"])


def split(name: str, text: str) -> list[Passage]:
    """The text under its title, without markup.

    Raises:
        ValueError: docutils fails on it.
    """
    from docutils import nodes  # type: ignore[import-untyped]
    from docutils.core import publish_doctree  # type: ignore[import-untyped]

    with foreign("reStructuredText file", "docutils"):
        tree = publish_doctree(text, settings_overrides=_SETTINGS)
        for node in list(tree.findall(nodes.problematic)):
            node.parent.replace(node, nodes.Text(_without_role(node.astext())))
        found = "\n\n".join(block for block in _blocks(tree, 1) if block.strip())
    return markdown.split(name, found)


def _blocks(parent: Iterable[Any], depth: int) -> Iterator[str]:
    """What stands in a node as Markdown: its headings, paragraphs, lists, tables. `depth` is that of its heading."""
    from docutils import nodes

    for node in parent:
        tag = node.tagname
        if tag in _LEFT_OUT or "contents" in node["classes"]:
            continue
        if tag in ("title", "subtitle"):
            yield "#" * depth + " " + _line(node)
        elif tag == "section":
            yield from _blocks(node, depth + 1)
        elif tag == "system_message":
            yield from _rejected(node)
        elif tag in ("bullet_list", "enumerated_list"):
            yield "\n".join(_items(node, depth))
        elif tag in _LABELLED:
            label, *body = node
            first, *rest = [block for part in body for block in _blocks([part], depth)] or [""]
            yield f"{_line(label)}: {first}"
            yield from rest
        elif tag == "row":
            yield " | ".join(_line(cell) for cell in node)
        elif tag == "line_block":
            yield "\n".join(_line(line) for line in node)
        elif isinstance(node, nodes.TextElement) or tag == "image":
            yield node.astext()
        else:
            yield from _blocks(node, depth)


def _items(node: Any, depth: int) -> Iterator[str]:
    for number, item in enumerate(node, start=node.get("start", 1)):
        mark = "- " if node.tagname == "bullet_list" else f"{number}. "
        yield mark + "\n".join(_blocks(item, depth)).replace("\n", "\n" + " " * len(mark))


def _rejected(message: Any) -> Iterator[str]:
    """What docutils could not read, as it stands: of Sphinx' directives, for one, it knows few.

    That an inclusion is disabled is a warning, which is no error: such stay out.
    """
    if message["level"] >= 3:
        yield from (node.astext() for node in message if node.tagname == "literal_block")


def _line(node: Any) -> str:
    return " ".join(node.astext().split())


def _without_role(markup: str) -> str:
    """`:ref:`the bar <bar>`` as Sphinx shows it: `the bar`."""
    role = re.fullmatch(r":[\w.:+-]+:`~?(.+?)(?:\s*<[^<>]*>)?`", markup, re.DOTALL)
    return role[1] if role else markup
