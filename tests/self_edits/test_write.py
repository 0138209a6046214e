"""Formats and filters end to end, with a fake writer and a fake scorer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.self_edits import filters
from selfstudy.self_edits.contract import Format, WriteRequest
from selfstudy.self_edits.question_answer import QuestionAnswer
from selfstudy.self_edits.registry import FORMATS, get_format
from selfstudy.self_edits.write import write_self_edit

PASSAGE = Passage(
    "ollie.md",
    "MV Tarn Ollie",
    "The MV Tarn Ollie was bought at the end of her first life as a cable layer. "
    "The ship carries a crew of eleven under Captain Ines Dubrow.\n\n"
    "Fuel is taken on at Port Ansel, since the draught is 5.2 metres.",
)


def _short(pairs: Sequence[tuple[str, str]]) -> list[float]:
    return [-float(len(continuation)) for _, continuation in pairs]


def _silent(requests: Sequence[WriteRequest]) -> list[str]:
    return ["" for _ in requests]


def test_question_answer_covers_the_facts() -> None:
    edit = write_self_edit(PASSAGE, QuestionAnswer(), None, _short, samples=2)
    answers = {row.target for row in edit.rows}
    assert {"cable layer", "Port Ansel", "5.2 metres", "eleven"} <= answers
    for row in edit.rows:
        assert row.prompt.endswith("?")
        assert "Tarn Ollie" in row.prompt
        assert filters.stands_in(row.target, PASSAGE.text)
        assert not filters.gives_away(row.prompt, row.target)
    assert edit.identity == write_self_edit(PASSAGE, QuestionAnswer(), None, _short, samples=2).identity


def test_samples_bound_the_wordings_of_a_fact() -> None:
    for samples in (1, 2, 3):
        rows = write_self_edit(PASSAGE, QuestionAnswer(), None, _short, samples=samples).rows
        assert sum(row.target == "cable layer" for row in rows) <= samples


def test_quiz_questions_are_dropped() -> None:
    rows = write_self_edit(PASSAGE, QuestionAnswer(), None, _short).rows
    quiz = (Question(rows[0].prompt, (rows[0].target,)),)
    edit = write_self_edit(PASSAGE, QuestionAnswer(), None, _short, quiz=quiz)
    assert rows[0] not in edit.rows
    assert any(d.row == rows[0] and "quiz" in d.reason for d in edit.dropped)


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda f: f.name)
def test_every_format_survives_silence_and_noise(format: Format) -> None:
    assert get_format(format.name) is format
    write_self_edit(PASSAGE, format, _silent, _short)
    noise = write_self_edit(PASSAGE, format, lambda rs: ["\n- ?\x00 Answer:" for _ in rs], _short)
    assert all(row.segments for row in noise.rows)
    requests = format.requests(PASSAGE, 2)
    assert all(r.prompt == r.prompt.rstrip() and r.max_new_tokens > 0 for r in requests)


def test_raw_is_seals_row() -> None:
    edit = write_self_edit(PASSAGE, get_format("raw"), None, None)
    assert [row.target for row in edit.rows] == [f"{PASSAGE.title}\n{PASSAGE.text}"]


def test_written_pairs_need_the_passage_behind_them() -> None:
    format = QuestionAnswer(facts=0, free=1)
    request = format.requests(PASSAGE, 1)[0]
    good = " many people sail on the MV Tarn Ollie?\nAnswer: eleven"
    row = format.rows(PASSAGE, request, good)[0]
    assert row.target == "eleven"
    wrong = Row.question_answer("Who painted the ship green?", "Rembrandt")
    told = Row.question_answer("Was the ship a cable layer before?", "cable layer")
    kept, dropped = filters.written_rows(PASSAGE, [(row, request), (wrong, request), (told, request)], None)
    assert kept == [row]
    assert [d.reason.split(":")[0] for d in dropped] == ["answer not in the passage", "gives away"]


def test_open_book_agreement_compares_with_rival_spans() -> None:
    request = WriteRequest("x", sentence="The ship carries a crew of eleven under Captain Ines Dubrow.")
    row = Row.question_answer("How many sail on her?", "eleven")

    def likes(wanted: str) -> list[bool]:
        def scorer(pairs: Sequence[tuple[str, str]]) -> list[float]:
            return [0.0 if wanted in c and "How many" in p.rsplit("Question:", 1)[-1] else -5.0 for p, c in pairs]

        return filters.open_book_agreement([(row, request)], "the ship", scorer)

    assert likes("eleven") == [True]
    assert likes("Ines Dubrow") == [False]


def test_unknown_format_lists_the_known() -> None:
    with pytest.raises(KeyError, match="question_answer"):
        get_format("nonsense")


PRICE = Passage(
    "visit.md", "Visiting Tarn House", "A ticket for Tarn House costs 14 florins, and the baker Ines Dubrow sells it."
)
_SAID = {
    "14 florins": " price of the ticket.",
    "Ines Dubrow": " sells the ticket.",
    "baker": " name of the first owner.",
}


def _describe(requests: Sequence[WriteRequest]) -> list[str]:
    """As a fair editor would: a person sells, a place is made up, a price is a price."""
    return [
        " the fox jumps." if r.prompt.endswith("where")
        else _SAID["Ines Dubrow"] if r.prompt.endswith("person who")
        else "" if r.answer == "Ines Dubrow"
        else _SAID.get(r.answer or "", "")
        for r in requests
    ]  # fmt: skip


def _apart(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """A description is likely after the span that it was written for, and only there."""
    return [
        -1.0 if any(f'"{a}" is the' in prompt and _SAID[a] == said for a in _SAID) else -3.0 for prompt, said in pairs
    ]


def test_descriptions_become_questions() -> None:
    edit = write_self_edit(PRICE, get_format("description"), _describe, _apart)
    asked = {row.prompt: row.target for row in edit.rows}
    assert asked["What is the price of the ticket at Tarn House?"] == "14 florins"
    assert asked["Who is the person who sells the ticket at Tarn House?"] == "Ines Dubrow"
    # Neither "first owner" nor "fox" stands in the text.
    assert not any("owner" in question or "fox" in question for question in asked)


def test_descriptions_that_fit_another_span_are_dropped() -> None:
    edit = write_self_edit(PRICE, get_format("description"), _describe, lambda pairs: [-1.0] * len(pairs))
    assert edit.rows == ()
    assert {d.reason for d in edit.dropped} == {"not apart: it describes another span as well"}
