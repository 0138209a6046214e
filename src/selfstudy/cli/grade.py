"""`selfstudy grade`: right or wrong for each answer of a file, and how far another judge agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from selfstudy.documents.bad_input import BadInput
from selfstudy.documents.file_bytes import as_text, read_bytes
from selfstudy.documents.json_lines import is_text
from selfstudy.documents.strict_json import loads
from selfstudy.domain.quiz import Question
from selfstudy.grading.agreement import Agreement, agreement

if TYPE_CHECKING:
    from rich.table import Table

GROUP_FIELDS = ("model", "source")
"""Fields that make groups where a file has them and --by names no others."""


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer, the other judge's verdict (None where there is none), and all fields of its entry."""

    question: Question
    answer: str
    judged: bool | None
    fields: dict[str, object]


def grade(
    file: Path,
    *,
    by: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Grade the answers of a file without a judge.

    Parameters
    ----------
    file
        JSON list of objects with "question", "gold" (a text or a list of texts), "answer", and optionally
        "judged_correct", another judge's verdict that ours is compared with.
    by
        Field that makes groups; may be given more than once [default: model and source, where the file has them].
    json_output
        Print one JSON document on standard output.
    """
    answers = read_answers(file)
    from selfstudy.grading.grade import is_right

    groups = grouping(file, answers, by)
    verdicts = [is_right(each.question, each.answer) for each in answers]
    if json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(grades_json(answers, verdicts, groups))
        return
    from rich.console import Console

    Console().print(grades_table(answers, verdicts, groups))


def read_answers(file: Path) -> tuple[JudgedAnswer, ...]:
    """The entries of a file.

    Raises:
        BadInput: no JSON, with line and column; or entries, counted from 1, that lack a field.
        ValueError: the file is missing, no UTF-8 text, no list or an empty one.
    """
    try:
        text = as_text(read_bytes(file))
    except ValueError as error:
        raise ValueError(f"answers: {file} {error}") from error
    try:
        entries = loads(text)
    except JSONDecodeError as error:
        raise BadInput(f"{file}:{error.lineno}:{error.colno}: {error.msg}") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"answers: {file} must hold a list of at least one object")
    found, problems = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(_judged_answer(entry))
        except ValueError as error:
            problems.append(f"{file}: entry {number}: {error}")
    num_judged = sum(each.judged is not None for each in found)
    if not problems and 0 < num_judged < len(found):
        first = next(i for i, each in enumerate(found, start=1) if each.judged is None)
        problems.append(f'{file}: entry {first}: "judged_correct" is missing, and other entries have it')
    if problems:
        raise BadInput(*problems)
    return tuple(found)


def _judged_answer(entry: object) -> JudgedAnswer:
    if not isinstance(entry, dict):
        raise ValueError('needs an object with "question", "gold" and "answer"')
    if not is_text(entry.get("question")):
        raise ValueError('"question" must be a text')
    gold: Any = entry.get("gold")
    accepted: list[str] = gold if isinstance(gold, list) and gold else [gold]
    if not all(map(is_text, accepted)):
        raise ValueError('"gold" must be a text, or a list of at least one text')
    if not isinstance(entry.get("answer"), str):
        raise ValueError('"answer" must be a text; it may be empty')
    judged = entry.get("judged_correct")
    if not (judged is None or isinstance(judged, bool)):
        raise ValueError('"judged_correct" must be true or false, or left out')
    return JudgedAnswer(Question(entry["question"], tuple(accepted)), entry["answer"], judged, entry)


def grouping(file: Path, answers: Sequence[JudgedAnswer], by: tuple[str, ...]) -> dict[str, list[str]]:
    """Each field that makes groups with its value in every entry.

    Raises:
        ValueError: no entry has a field that `by` names.
    """
    held = {name for each in answers for name in each.fields}
    if missing := [name for name in by if name not in held]:
        raise ValueError(f"grade: --by {missing[0]}: no entry of {file} has that field")
    names = by or tuple(name for name in GROUP_FIELDS if name in held)
    return {name: [str(each.fields.get(name, "")) for each in answers] for name in names}


def grades_json(
    answers: Sequence[JudgedAnswer], verdicts: Sequence[bool], groups: dict[str, list[str]]
) -> dict[str, object]:
    out = _measures_json(answers, verdicts)
    if groups:
        out["groups"] = [
            dict(zip(groups, values, strict=True)) | _measures_json([answers[i] for i in at], [verdicts[i] for i in at])
            for values, at in _members(groups).items()
        ]
    return out | {"verdicts": list(verdicts)}


def _members(groups: dict[str, list[str]]) -> dict[tuple[str, ...], list[int]]:
    """The entries of each group, groups in order of their values."""
    found: dict[tuple[str, ...], list[int]] = {}
    for i, values in enumerate(zip(*groups.values(), strict=True)):
        found.setdefault(values, []).append(i)
    return dict(sorted(found.items()))


def _measures_json(answers: Sequence[JudgedAnswer], verdicts: Sequence[bool]) -> dict[str, object]:
    measured = _compared(answers, verdicts)
    out: dict[str, object] = {"n": len(verdicts), "accuracy": sum(verdicts) / len(verdicts)}
    if measured is None:
        return out | {"judged_accuracy": None, "agreement": None, "kappa": None}
    return out | {
        "judged_accuracy": measured.judge, "agreement": measured.agreement, "kappa": measured.kappa,
    }  # fmt: skip


def _compared(answers: Sequence[JudgedAnswer], verdicts: Sequence[bool]) -> Agreement | None:
    judged = [each.judged for each in answers if each.judged is not None]
    return agreement(verdicts, judged) if judged else None


def grades_table(answers: Sequence[JudgedAnswer], verdicts: Sequence[bool], groups: dict[str, list[str]]) -> Table:
    """All answers, and each group of them."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{len(answers)} answers")
    for column in ("answers", "n", "right", "right by the judge", "agreement", "kappa"):
        table.add_column(column)
    rows: list[tuple[str, list[int]]] = [("all", list(range(len(answers))))]
    if groups:
        rows += [(", ".join(values), at) for values, at in _members(groups).items()]
    for name, at in rows:
        ours = [verdicts[i] for i in at]
        measured = _compared([answers[i] for i in at], ours)
        judge, agreed, kappa = ("-", "-", "-") if measured is None else _written(measured)
        table.add_row(escape(name), str(len(at)), f"{sum(ours) / len(ours):.1%}", judge, agreed, kappa)
    return table


def _written(measured: Agreement) -> tuple[str, str, str]:
    kappa = "-" if measured.kappa is None else f"{measured.kappa:.3f}"
    return f"{measured.judge:.1%}", f"{measured.agreement:.1%}", kappa
