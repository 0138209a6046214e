"""Web pages as passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from selfstudy.documents import markdown
from selfstudy.documents.bad_input import foreign
from selfstudy.domain.passage import Passage

SMALL = 250
"""Characters below which trafilatura itself distrusts what it found (its `MIN_EXTRACTED_SIZE`)."""

# HTML's names and those of trafilatura's own tree (`item`, `head`, `lb`, ...).
_LEFT_OUT = frozenset("aside button footer iframe nav noscript script select style svg template textarea title".split())
_INLINE = frozenset(
    "a abbr b bdi bdo cell cite code data del dfn em font hi i ins kbd label mark q ref s samp small span strong sub"
    " sup td th time tt u var wbr".split()
)
_CELLS = frozenset(["cell", "td", "th"])
_LINE_ENDS = frozenset(["br", "lb"])


def split(name: str, text: str) -> list[Passage]:
    """The page's article without what stands around it; of a page too small to tell the two apart, all of it.

    Raises:
        ValueError: the page cannot be parsed.
    """
    from lxml import html  # type: ignore[import-untyped]
    from trafilatura import bare_extraction

    with foreign("web page", "trafilatura"):
        # As bytes, and with a parser of our choosing: of a `str`, lxml refuses one that declares its encoding.
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        page = html.document_fromstring(text.encode(), parser=parser)
        title = " ".join((page.findtext("head/title") or "").split())
        # Its tree rather than its Markdown, which escapes characters that are to be learned as they stand.
        article = getattr(bare_extraction(page, include_comments=False, favor_recall=True), "body", None)
        found = "" if article is None else "\n\n".join(_blocks(article))
        if len(found) < SMALL:
            found = "\n\n".join(_blocks(page)) or found
    return markdown.split(name, found, title)


def _blocks(tree: Any) -> Iterator[str]:
    """Headings, paragraphs, list items, rows of tables and code in their order, as Markdown."""
    from lxml import etree

    line = mark = ""
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, node in walk:
        tag = node.tag
        if tag not in _INLINE | _LINE_ENDS:
            if line.strip():
                yield mark + "\n".join(" ".join(part.split()) for part in line.strip().split("\n"))
            # An item's mark waits for the paragraph inside of it, but not beyond its end.
            if line.strip() or event == "end":
                mark = ""
            line = ""
        if event == "end":
            line += _flat(node.tail)
        elif tag in _LEFT_OUT:
            walk.skip_subtree()
        elif _is_verbatim(node) and not line.strip():
            walk.skip_subtree()
            yield "".join(node.itertext()).strip("\n")
        else:
            mark = _mark(node) or mark
            line += "\n" * (tag in _LINE_ENDS) + " | " * (tag in _CELLS and bool(line.strip())) + _flat(node.text)


def _is_verbatim(node: Any) -> bool:
    """A block whose line ends and spaces count; of a `pre` trafilatura makes a `code` or a `quote`."""
    if node.tag in ("code", "quote"):
        return node.find("p") is None and "\n" in "".join(node.itertext())
    return bool(node.tag == "pre")


def _mark(node: Any) -> str:
    """What a block starts with in Markdown."""
    level = re.fullmatch("h([1-6])", node.get("rend", "") if node.tag == "head" else node.tag)
    if level:
        return "#" * int(level[1]) + " "
    return "- " if node.tag in ("li", "item") else ""


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
