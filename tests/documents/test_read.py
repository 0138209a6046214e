"""Files and folders as documents: which are read, what they are called, and all that is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfstudy.documents.bad_input import BadInput
from selfstudy.documents.read import READERS, read_documents
from tests.documents.pdf_bytes import pdf_bytes


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def _names(*paths: Path) -> list[str]:
    return [document.name for document in read_documents(paths)]


def _refused(folder: Path, *paths: Path, largest: int = 10 * 2**20) -> str:
    """What is said, with IN for the folder."""
    with pytest.raises(BadInput) as caught:
        read_documents(paths or [folder], largest=largest)
    return str(caught.value).replace(str(folder), "IN")


def test_a_file_is_called_by_its_name_and_a_folders_file_by_its_path_in_there(tmp_path: Path) -> None:
    _write(tmp_path, {"b.md": "b", "sub/a.txt": "a", "sub/deep/c.HTM": "<p>c", "z.py": "z"})
    assert _names(tmp_path) == ["b.md", "sub/a.txt", "sub/deep/c.HTM", "z.py"]
    assert _names(tmp_path / "sub/a.txt", tmp_path / "b.md") == ["a.txt", "b.md"]
    documents = read_documents([tmp_path / "sub/a.txt", tmp_path / "sub/deep"])
    found = [(p.document, p.title, p.text) for document in documents for p in document.passages]
    assert found == [("a.txt", "a", "a"), ("c.HTM", "c", "c")]


def test_a_folder_named_by_a_dot_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, {"sub/a.md": "a", "sub/b/c.md": "c"})
    monkeypatch.chdir(tmp_path / "sub")
    assert _names(Path()) == ["a.md", "b/c.md"]
    assert _names(Path("../sub/b")) == ["c.md"]


def test_what_is_hidden_of_unknown_kind_or_empty_code_is_passed_over_in_folders(tmp_path: Path) -> None:
    files = {"a.md": "a", "b.xyz": "b", ".git/c.md": "c", ".hidden.md": "d", "Makefile": "e:", "pkg/__init__.py": ""}
    _write(tmp_path, files)
    assert _names(tmp_path) == ["a.md"]
    assert _names(tmp_path / ".hidden.md", tmp_path / "Makefile", tmp_path / "b.xyz") == [
        ".hidden.md",
        "Makefile",
        "b.xyz",
    ]


def test_what_is_reached_twice_counts_once(tmp_path: Path) -> None:
    _write(tmp_path, {"sub/a.md": "a", "b.md": "b"})
    (tmp_path / "link.md").symlink_to(tmp_path / "b.md")
    sub = tmp_path / "sub"
    assert _names(sub / "a.md", tmp_path, sub, sub / "a.md", sub / "../sub/a.md") == ["a.md", "b.md"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    _write(tmp_path, {"sub/a.md": "a"})
    (tmp_path / "sub/loop").symlink_to(tmp_path)
    assert _names(tmp_path) == ["sub/a.md"]


def test_documents_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    _write(tmp_path, {"x/v1/a.md": "1", "x/v2/a.md": "2", "y/v2/a.md": "3", "y/b.md": "4"})
    one, two, three = (tmp_path / f"{folder}/a.md" for folder in ("x/v1", "x/v2", "y/v2"))
    assert _names(one, two) == ["v1/a.md", "v2/a.md"]
    assert _names(two, one, three) == ["x/v2/a.md", "v1/a.md", "y/v2/a.md"]
    assert _names(tmp_path / "x", tmp_path / "y") == ["v1/a.md", "x/v2/a.md", "b.md", "y/v2/a.md"]
    for document in read_documents([one, two, three]):
        assert {p.document for p in document.passages} == {document.name}
        assert {p.title for p in document.passages} == {"a"}


def test_no_path_is_no_document() -> None:
    assert read_documents([]) == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.md", b"", "is empty; leave it out"),
        ("a.md", b" \n\t\r\n", "is empty; leave it out"),
        ("a.md", b"\xef\xbb\xbf", "is empty; leave it out"),
        ("a.pdf", b"", "is empty; leave it out"),
        ("a.jsonl", b"\xef\xbb\xbf\n", "is empty; leave it out"),
        ("a.md", b"# Title only\n", "holds no text; leave it out"),
        ("a.md", "\u3000".encode(), "holds no text; leave it out"),
        ("a.jsonl", "\u3000".encode(), "holds no text; leave it out"),
        ("a.html", b"<script>var a = 1;</script>", "holds no text; leave it out"),
        ("a.rst", b".. a comment", "holds no text; leave it out"),
        ("a.txt", b"ab\0", "is not text (NUL at byte 2); leave it out, or save it as UTF-8 text"),
        ("a.docx", b"PK\0", "is not text (NUL at byte 2); leave it out, or save it as UTF-8 text"),
        ("a.py", b"\xef\xbb\xbfab\xff", "is not UTF-8 text (byte 5); save it as UTF-8"),
        ("a.html", b"Gr\xfc\xdfe", "is not UTF-8 text (byte 2); save it as UTF-8"),
        ("a.md", b"0123456789a", "has 11 bytes and the limit is 10; cut it into smaller files"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    largest = 10 if "limit" in message else 1000
    assert _refused(tmp_path, file, largest=largest) == f"document: IN/{name} {message}"


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    _write(tmp_path, {"a.md": "0123456789"})
    (document,) = read_documents([tmp_path], largest=10)
    assert document.passages[0].text == "0123456789"


def test_a_huge_file_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "a.md").open("wb") as stream:
        stream.truncate(2**36)  # A hole; to read it would take more memory than there is.
    said = "has 68,719,476,736 bytes and the limit is 10,485,760; cut it into smaller files"
    assert _refused(tmp_path) == f"document: IN/a.md {said}"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def test_a_file_that_hides_its_size_is_read_to_the_limit_only() -> None:
    assert str(_refused(Path("/nowhere"), Path("/proc/self/status"), largest=10)) == (
        "document: /proc/self/status has 11 bytes and the limit is 10; cut it into smaller files"
    )


def test_what_is_not_a_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    _write(tmp_path, {"empty/a.xyz": "a"})
    long = "a" * 300
    said = _refused(tmp_path, tmp_path / "none.md", tmp_path / "empty", tmp_path, tmp_path / long)
    assert said.split("\n") == [
        "document: IN/empty holds no document that can be read; give the files by name",
        "document: IN/none.md does not exist",
        "document: IN/gone.md does not exist",
        "document: IN/pipe.md is not a file",
        f"document: IN/{long} cannot be read (File name too long)",
    ]


def test_a_name_that_is_not_utf8_is_refused_and_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.md")).write_text("a")
    said = "document: IN/a\\udcff.md has a name that is not UTF-8; rename it"
    assert _refused(tmp_path).encode().decode() == said


def test_all_problems_are_told_at_once_and_those_beyond_twenty_are_counted(tmp_path: Path) -> None:
    for number in range(15):
        (tmp_path / f"{number:02}.md").write_text("")
    (tmp_path / "many.jsonl").write_text("[]\n" * 10)
    _write(tmp_path, {"sound.md": "a"})
    lines = _refused(tmp_path, tmp_path / "none.md", tmp_path).split("\n")
    assert lines[:2] == ["document: IN/none.md does not exist", "document: IN/00.md is empty; leave it out"]
    assert lines[19:] == ['IN/many.jsonl:4:1: needs an object with a text "text"', "and 6 more problems"]


def test_control_tokens_of_models_stay_text(tmp_path: Path) -> None:
    text = "He wrote <|im_end|>, <|endoftext|>, [INST] and {{ name }} on the wall."
    _write(tmp_path, {f"a.{kind}": text for kind in ("md", "txt", "rst", "py", "xyz", "html")})
    _write(tmp_path, {"a.jsonl": json.dumps({"text": text})})
    documents = read_documents(sorted(tmp_path.iterdir()))
    assert len(documents) == 7
    for document in documents:
        assert [p.text for p in document.passages] == [text], document.name


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0#")), min_size=1))
def test_passages_hold_all_words_of_a_text_in_their_order(paragraphs: list[str]) -> None:
    text = "\n\n".join(f"{paragraph} " * 30 for paragraph in paragraphs)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.txt", "a.py"):
            file = Path(folder, name)
            file.write_bytes(text.encode())
            words = text.removeprefix("\ufeff").split()
            if words:
                (document,) = read_documents([file])
                assert [word for p in document.passages for word in p.text.split()] == words


@given(st.binary(), st.sampled_from(sorted({".xyz", *READERS} - {".html", ".htm", ".pdf", ".rst"})))
def test_any_bytes_are_documents_or_a_named_problem(content: bytes, suffix: str) -> None:
    _documents_or_a_problem(content, suffix)


@settings(max_examples=30)
@given(
    st.binary() | st.text("<>/=\"'&;!-[]abphti \n:`*_|.").map(str.encode),
    st.sampled_from([".html", ".pdf", ".rst"]),
)
def test_any_bytes_of_a_rich_kind_are_documents_or_a_named_problem(content: bytes, suffix: str) -> None:
    _documents_or_a_problem(content, suffix)


def _documents_or_a_problem(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"a{suffix}")
        file.write_bytes(content)
        try:
            found, said = read_documents([file]), []
        except ValueError as error:
            found, said = (), str(error).split("\n")
        assert bool(found) != bool(said)
        assert all(document.identity for document in found)
        assert all(str(file) in line for line in said if not line.startswith("and "))


def test_what_libraries_log_is_not_shown(tmp_path: Path) -> None:
    data = pdf_bytes(("a",))
    (tmp_path / "a.pdf").write_bytes(data.replace(b"startxref\n", b"startxref\n1"))
    (tmp_path / "a.html").write_text("a")
    # In a process of its own, since pytest sets up logging.
    code = (
        "import sys, pathlib; from selfstudy.documents.read import read_documents as r; r([pathlib.Path(sys.argv[1])])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], timeout=60, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_heavy_readers_are_imported_when_needed_only() -> None:
    heavy = "{'docutils', 'lxml', 'pypdf', 'trafilatura'}"
    code = f"import sys, selfstudy.documents.read; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
