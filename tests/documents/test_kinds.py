"""What becomes of each kind of file."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from selfstudy.documents import html, pdf, rst, source
from selfstudy.documents.paragraphs import LONGEST
from selfstudy.documents.read import read_documents
from tests.documents.pdf_bytes import pdf_bytes

ARTICLE = f"""<!DOCTYPE html><html><head><title>Pumps – Quay</title><style>p {{ }}</style></head><body>
<nav><a href="/">Home</a> <a href="/more">Everything else</a></nav>
<article><h1>The <i>big</i> pump</h1>
<p>Ines bought the <b>pump</b> in <a href="/1931">1931</a>; it is called tide_mill *2*.
{"It stands by the quay. " * 20}</p>
<h2>Oil</h2><p>It needs oil<br>each May.</p>
<ul><li>one can</li><li>two rags</li></ul>
<pre><code>def oil():

    return "May"</code></pre>
<table><tr><th>Part</th><th>Price</th></tr><tr><td>valve</td><td>3 pounds</td></tr></table>
</article><footer>Printed on recycled electrons</footer></body></html>"""


def test_a_web_page_is_its_article(capfd: pytest.CaptureFixture[str]) -> None:
    passages = html.split("sub/a.html", ARTICLE)
    assert {(p.document, p.title) for p in passages} == {("sub/a.html", "The big pump")}
    text = "\n\n".join(p.text for p in passages)
    assert text.startswith("Ines bought the pump in 1931; it is called tide_mill *2*. It stands by the quay.")
    assert text.endswith(
        "## Oil\n\nIt needs oil\neach May.\n\n- one can\n\n- two rags\n\n"
        'def oil():\n\nreturn "May"\n\nPart | Price\n\nvalve | 3 pounds'
    )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("page", "title", "text"),
    [
        ("<h1>The pump</h1><p>Ines runs it.</p><p>It is red.</p>", "The pump", "Ines runs it.\n\nIt is red."),
        ("<title>A pump</title><p>Ines <em>runs</em> it.</p>", "A pump", "Ines runs it."),
        ("<nav><a href=a>Home</a></nav><p>Ines runs it.</p><script>1</script>", "my page", "Ines runs it."),
        ("<p>One<!-- two --> three.<?php four ?></p>", "my page", "One three."),
        ("Ines runs it.", "my page", "Ines runs it."),
        ("<ul><li><p>one</p><li>two</ul>", "my page", "- one\n\n- two"),
        ("<table><tr><td>valve<td><b>3</b> pounds</table>", "my page", "valve | 3 pounds"),
        ("<p>It said &lt;|im_end|&gt; and <|endoftext|>.", "my page", "It said <|im_end|> and <|endoftext|>."),
        ("<pre>a\n  b</pre><p>after", "my page", "a\n  b\n\nafter"),
        ('<?xml version="1.0" encoding="latin-1"?><html><body><p>Grüße.</p></body></html>', "my page", "Grüße."),
        ('<meta charset="latin-1"><p>Grüße.</p>', "my page", "Grüße."),
    ],
)
def test_a_small_page_is_read_whole(page: str, title: str, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    (passage,) = html.split("my_page.html", page)
    assert (passage.title, passage.text) == (title, text)
    assert capfd.readouterr() == ("", "")


def test_the_text_layer_of_all_pages_is_read(capfd: pytest.CaptureFixture[str]) -> None:
    data = pdf_bytes(("The pump was bought by Ines.", "It needs a lit-", "tle oil, Grüße."), (), ("It is red.",))
    (passage,) = pdf.split("my_pump.pdf", data)
    assert passage.title == "my pump"
    assert passage.text == "The pump was bought by Ines.\nIt needs a little oil, Grüße.\n\nIt is red."
    assert capfd.readouterr() == ("", "")


def test_characters_of_a_broken_font_are_replaced() -> None:
    (passage,) = pdf.split("a.pdf", pdf_bytes(("abcd",), characters={"a": "D835", "b": "0000", "c": "D835DC00"}))
    assert passage.text == "\ufffd\U0001d400d"


def test_a_page_that_is_one_block_is_cut_at_its_lines() -> None:
    lines = tuple(f"line {i} " + "word " * 48 for i in range(20))
    passages = pdf.split("a.pdf", pdf_bytes(lines))
    assert " ".join(p.text for p in passages).split() == " ".join(lines).split()
    assert [len(p.text.split()) for p in passages] == [200] * 5


def _encrypted() -> bytes:
    writer, stream = PdfWriter(PdfReader(BytesIO(pdf_bytes(("secret",))))), BytesIO()
    writer.encrypt("password", algorithm="RC4-128")
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pdf_bytes((), ()), "holds no text layer, only pictures at most; run text recognition (OCR) on it first"),
        (_encrypted(), "is encrypted; save a copy without a password"),
        (
            pdf_bytes(("a",))[:200],
            "is not a readable PDF (PdfStreamError: Stream has ended unexpectedly); save it anew or leave it out",
        ),
    ],
)
def test_a_pdf_without_text_is_named(
    tmp_path: Path, data: bytes, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(data)
    with pytest.raises(ValueError) as caught:
        read_documents([file])
    assert str(caught.value) == f"document: {file} {message}"
    assert capfd.readouterr() == ("", "")


RST = """
=====
Pumps
=====

.. contents::

.. raw:: html

   <b>raw</b>

The pump is *red*, see :ref:`the quay <quay-x>` and :class:`~Valve` or `a link <http://x.example>`_, |it|.

.. versionadded:: 1.2
   It does more.

.. note:: Mind the ``<|im_end|>``.

Oil
---

* one

  two
* three

  1. four

term
   definition

====  =====
part  price
====  =====
tap   3
====  =====

.. |it| replace:: the thing
.. a comment

.. image:: a.png
   :alt: a picture
"""


def test_restructured_text_loses_its_markup_and_keeps_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    (passage,) = rst.split("a.rst", RST)
    assert (passage.title, passage.document) == ("Pumps", "a.rst")
    assert passage.text.split("\n\n") == [
        "The pump is red, see the quay and Valve or a link, the thing.",
        ".. versionadded:: 1.2\n   It does more.",
        "Mind the <|im_end|>.",
        "## Oil",
        "- one\n  two\n- three\n  1. four",
        "term: definition",
        "part | price",
        "tap | 3",
        "a picture",
    ]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "A\n=\n\nb\n\nC\n-\n\nD\n~\n\ne\n\nF\n=\n\nG\n~\n\nh",
        "====  ===\none   two three\n====  ===\n\nafter",
        f"long {'word ' * 5000}",
        "a `b c *d |e _f",
        "* a\nb\n    c\n  d",
        "* a\n\n  Title\n  =====\n\n  b",
        ".. figure::\n\n   nothing",
        ".. [1] note\n.. [#] auto\n\n:a: b\n:c:",
    ],
)
def test_faulty_restructured_text_keeps_its_words(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    found = " ".join(f"{p.title} {p.text}" for p in rst.split("a.rst", text))
    assert set(re.findall(r"\w+", text)) - {"1", "figure"} <= set(re.findall(r"\w+", found))
    assert capfd.readouterr() == ("", "")


def test_restructured_text_includes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = tmp_path / "secret.txt"
    secret.write_text("secret, words")
    # A settings file of docutils' own, which would allow inclusion again.
    (tmp_path / "docutils.conf").write_text("[general]\nfile_insertion_enabled: yes\nraw_enabled: yes\n")
    monkeypatch.chdir(tmp_path)
    url = f"http://127.0.0.1:{server.server_port}/secret"
    text = (
        f"Before.\n\n.. include:: {secret}\n\n.. literalinclude:: {secret}\n\n.. csv-table:: T\n   :file: {secret}\n\n"
        f".. csv-table:: U\n   :url: {url}\n\n.. raw:: html\n   :url: {url}\n\n.. image:: {url}\n\nAfter.\n"
    )
    words = " ".join(p.text for p in rst.split("a.rst", text))
    server.shutdown()
    server.server_close()
    assert words.split() == ["Before.", "..", "literalinclude::", str(secret), "After."]
    assert asked == []


def test_a_line_of_a_file_is_a_document(tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    lines = [
        {"text": "One."},
        {"text": "Two.", "title": "The  pump\n", "metadata": {"year": 1931}},
        {"text": "# Heading\n\nThree.", "id": "t/3.1", "title": None},
        {"text": "Four.", "id": 4},
        {"text": "# Heading\n\nFive.", "title": "Title", "id": "five", "else": 1},
    ]
    file.write_text("\n\n".join(map(json.dumps, lines)))
    documents = read_documents([file])
    found = [(document.name, p.title, p.text) for document in documents for p in document.passages]
    assert found == [
        ("talks.jsonl#1", "talks", "One."),
        ("talks.jsonl#The pump", "The pump", "Two."),
        ("talks.jsonl#t/3.1", "Heading", "Three."),
        ("talks.jsonl#4", "4", "Four."),
        ("talks.jsonl#five", "Title", "# Heading\n\nFive."),
    ]
    assert all(p.document == document.name for document in documents for p in document.passages)


def test_lines_that_are_no_documents_are_named(tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    lines = [
        '{"text": "a", "id": "one"}',
        "[1, 2",
        '{"text": " "}',
        '{"text": "a", "title": "one"}',
        '{"text": "a", "id": true}',
        '{"text": "a", "title": 3}',
        '{"text": "a", "metadata": [1]}',
        '{"text": "# a"}',
        '{"text": "a", "id": 9, "text": "b"}',
    ]
    file.write_text("\n".join(lines))
    with pytest.raises(ValueError) as caught:
        read_documents([file])
    assert str(caught.value).replace(str(file), "F").split("\n") == [
        "F:2:6: not JSON (Expecting ',' delimiter)",
        'F:3:1: needs an object with a text "text"',
        'F:4:1: "one" names the document of line 1 already; give each an "id" of its own',
        'F:5:1: "id" must be a text or a whole number, or left out',
        'F:6:1: "title" must be a text, or left out',
        'F:7:1: "metadata" must be an object, or left out',
        'F:8:1: "text" holds nothing but a heading',
        'F:9:24: the key "text" stands twice in one object',
    ]


def test_code_is_cut_at_blank_lines_and_keeps_its_indentation() -> None:
    code = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"
    (passage,) = source.split("sub/main.py", code)
    assert (passage.document, passage.title, passage.text) == ("sub/main.py", "main.py", code.rstrip())
    blocks = [f"def f{i}():\n" + "    x = 1\n" * 30 for i in range(5)]
    assert [p.text.split("def ")[1:] for p in source.split("a.py", " \n\n".join(blocks))] == [
        [f"f{i}():\n" + "\n".join(["    x = 1"] * 30) + end for i, end in part]
        for part in ([(0, "\n\n"), (1, "")], [(2, "\n\n"), (3, "")], [(4, "")])
    ]


def test_a_long_block_of_code_is_cut_at_line_ends() -> None:
    lines = [f"    put {i}" for i in range(500)]
    passages = source.split("a.py", "\n".join(lines))
    assert [line for p in passages for line in p.text.split("\n")] == lines
    assert [len(p.text.split()) for p in passages] == [LONGEST] * 4 + [120]
