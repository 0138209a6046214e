"""SQuAD passages with their questions, other models' self-edits, and the project's document sets as a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from selfstudy.documents.bad_input import BadInput
from selfstudy.documents.file_bytes import as_text, read_bytes
from selfstudy.documents.json_lines import is_text
from selfstudy.documents.markdown import read_passages
from selfstudy.documents.quiz_file import read_quiz
from selfstudy.documents.strict_json import loads
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question, Quiz

T = TypeVar("T")
TRAIN, EVAL, NOTES = "train.json", "eval_200.json", "self_edits_{name}.json"


@dataclass(frozen=True)
class Item:
    """A passage with its answer key."""

    passage: Passage
    key: Quiz


@dataclass(frozen=True)
class SquadData:
    """What may be trained, tuned and chosen on, what only reports, and of other models the completions for the latter.

    `notes` holds, by the other model's name, one or more completions for each passage of `report`, in its order.
    """

    train: tuple[Item, ...]
    report: tuple[Item, ...]
    notes: dict[str, tuple[tuple[str, ...], ...]]
    source: str


def read_squad(folder: Path) -> SquadData:
    """`train.json`, `eval_200.json` and every `self_edits_NAME.json` of a folder.

    Raises:
        BadInput: all files and entries that do not fit, each named with file, entry (from 0) and reason.
    """
    problems: list[str] = []
    train, report = (_read(folder / name, _item, problems) for name in (TRAIN, EVAL))
    shared = {item.passage.identity for item in train} & {item.passage.identity for item in report}
    problems += [
        f"{folder / EVAL}: entry {place}: this passage stands in {TRAIN} too; what trains must not report"
        for place, item in enumerate(report)
        if item.passage.identity in shared
    ]
    before = NOTES.partition("{name}")[0]
    notes: dict[str, tuple[tuple[str, ...], ...]] = {}
    for file in sorted(folder.glob(NOTES.format(name="*"))):
        found = _read(file, _completions, problems)
        notes[file.stem.removeprefix(before)] = found
        if report and found and len(found) != len(report):
            problems.append(
                f"{file}: it has {len(found)} entries, {EVAL} has {len(report)} passages; one each is needed"
            )
    if problems:
        raise BadInput(*problems)
    return SquadData(train, report, notes, "squad")


def read_items(file: Path) -> tuple[Item, ...]:
    """The passages of one file in the form of `train.json`. Raises BadInput as `read_squad` does."""
    problems: list[str] = []
    items = _read(file, _item, problems)
    if problems:
        raise BadInput(*problems)
    return items


def read_sets(folder: Path) -> SquadData:
    """The project's own document sets, a passage a document: the first half of the sets trains, the second reports.

    Raises:
        ValueError: there are fewer than two sets.
    """
    sets = sorted(path.parent for path in folder.glob("*/quiz.jsonl"))
    if len(sets) < 2:
        raise ValueError(f"reproduce: {folder} holds {len(sets)} document sets; give --data")
    halves = [[item for each in part for item in _set_items(each)]
              for part in (sets[len(sets) // 2 :], sets[: len(sets) // 2])]  # fmt: skip
    return SquadData(tuple(halves[0]), tuple(halves[1]), {}, "document sets")


def plain_title(written: str) -> str:
    """A title as people read it: SQuAD has the ends of Wikipedia's addresses, where some characters are %-encoded.

    What does not decode to UTF-8 is no such encoding and stays as it is.
    """
    try:
        return unquote(written, errors="strict")
    except UnicodeDecodeError:
        return written


def _set_items(folder: Path) -> list[Item]:
    items = []
    quiz = read_quiz(folder / "quiz.jsonl")
    for file in sorted((folder / "docs").glob("*.md")):
        parts = read_passages([file])
        whole = Passage(file.name, parts[0].title, "\n\n".join(part.text for part in parts))
        items.append(Item(whole, tuple(question for question in quiz if question.document == file.name)))
    return items


def _read(file: Path, build: Callable[[object], T], problems: list[str]) -> tuple[T, ...]:
    try:
        entries = loads(as_text(read_bytes(file)))
    except JSONDecodeError as error:
        problems.append(f"{file}:{error.lineno}:{error.colno}: {error.msg}")
        return ()
    except ValueError as error:
        problems.append(f"{file} {error}")
        return ()
    if not isinstance(entries, list) or not entries:
        problems.append(f"{file}: it must hold a list of at least one entry")
        return ()
    found = []
    for place, entry in enumerate(entries):
        try:
            found.append(build(entry))
        except ValueError as error:
            problems.append(f"{file}: entry {place}: {error}")
    return tuple(found)


def _item(entry: object) -> Item:
    if not isinstance(entry, dict):
        raise ValueError('needs an object with "title", "context" and "questions"')
    for name in ("title", "context"):
        if not is_text(entry.get(name)):
            raise ValueError(f'"{name}" must be a text')
    questions = entry.get("questions")
    if not isinstance(questions, list) or not questions:
        raise ValueError('"questions" must be a list of at least one object')
    for number, each in enumerate(questions):
        if not isinstance(each, dict) or not is_text(each.get("question")) or not is_text(each.get("answer")):
            raise ValueError(f'"questions" {number} needs "question" and "answer", both texts')
    title = plain_title(entry["title"])
    key = tuple(Question(each["question"], (each["answer"],), title) for each in questions)
    return Item(Passage(title, title, entry["context"]), key)


def _completions(entry: object) -> tuple[str, ...]:
    texts: Sequence[object] = entry if isinstance(entry, list) else [entry]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("must be a text or a list of texts, the completions for one passage")
    return tuple(str(text) for text in texts)
