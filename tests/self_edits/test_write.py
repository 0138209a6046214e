"""Formats and filters end to end, with a fake writer and a fake scorer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest
from tests.fakes import Editor

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.self_edits import filters
from selfstudy.self_edits.asking import asking_examples
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
    write_self_edit(PASSAGE, format, Editor(), _short)
    noise = write_self_edit(PASSAGE, format, Editor("\n- ?\x00 Answer:"), _short)
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
    kept, dropped = filters.written_rows(PASSAGE, [(row, request), (wrong, request), (told, request)], None, None)
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


class Careful(Editor):
    """Words two questions well and one badly, and finds each likely for its own answer only."""

    said: ClassVar = {
        "14 florins": " What does entry to Tarn House cost?",
        "Ines Dubrow": " Who sells tickets at Tarn House?",
        "ticket": " What did Rembrandt paint at Tarn House?",
    }

    def __call__(self, requests: Sequence[WriteRequest]) -> list[str]:
        return [next((q for a, q in self.said.items() if a == r.answer), "") for r in requests]

    def likelihoods(self, requests: Sequence[WriteRequest]) -> list[float]:
        return [-5.0 if f"Answer: {self._answer(r.completion)}\n" in r.prompt else -9.0 for r in requests]

    def _answer(self, completion: str) -> str:
        return next(a for a, q in self.said.items() if q == completion)


def test_questions_are_worded_for_given_answers() -> None:
    edit = write_self_edit(PRICE, get_format("questions"), Careful(), None)
    assert {row.prompt: row.target for row in edit.rows} == {
        "What does entry to Tarn House cost?": "14 florins",
        "Who sells tickets at Tarn House?": "Ines Dubrow",
    }
    dropped = {(d.row.prompt, d.reason) for d in edit.dropped}
    assert ("What did Rembrandt paint at Tarn House?", "names something that is not in the passage") in dropped


def test_questions_that_fit_another_span_as_well_are_dropped() -> None:
    class Vague(Careful):
        def likelihoods(self, requests: Sequence[WriteRequest]) -> list[float]:
            return [-5.0] * len(requests)

    edit = write_self_edit(PRICE, get_format("questions"), Vague(), None)
    assert edit.rows == ()
    assert "not apart: it asks for another span as well" in {d.reason for d in edit.dropped}


def test_questions_whose_answer_is_not_read_again_are_dropped() -> None:
    class Reader(Careful):
        opened: ClassVar[list[tuple[str, str]]] = []

        def read(self, asked: Sequence[tuple[str, str]]) -> list[str]:
            self.opened += asked
            return ["It costs 14 florins." if "cost" in question else "A baker." for _, question in asked]

    edit = write_self_edit(PRICE, get_format("questions"), Reader(), None, check="read")
    assert [row.target for row in edit.rows] == ["14 florins"]
    assert ("Ines Dubrow", "not read: with the passage open the base answers otherwise") in {
        (d.row.target, d.reason) for d in edit.dropped
    }
    context, question = Reader.opened[0]
    assert context == f"{PRICE.title}\n\n{PRICE.text}"
    assert question.endswith("?")


def test_questions_by_rule_are_read_again_as_well() -> None:
    made = write_self_edit(PASSAGE, QuestionAnswer(), None, _short).rows
    edit = write_self_edit(PASSAGE, QuestionAnswer(), Editor("It has eleven of them."), _short, check="read")
    assert edit.rows == tuple(row for row in made if row.target == "eleven") != ()
    assert {d.row for d in edit.dropped} >= {row for row in made if row.target != "eleven"}
    assert write_self_edit(PASSAGE, QuestionAnswer(), None, _short, check="read").rows == made


def test_an_answer_is_read_again_if_either_holds_the_other() -> None:
    class Reader(Editor):
        def read(self, asked: Sequence[tuple[str, str]]) -> list[str]:
            return [question for _, question in asked]

    def pair(said: str, answer: str) -> Row:
        return Row.question_answer(said, answer)

    rows = [pair("14 florins.", "about 14 florins"), pair("It is 14 florins now", "14 florins"), pair("Four", "14")]
    assert filters.read_again(PRICE, [*rows, pair("", "14")], Reader()) == [True, True, False, False]
    assert filters.read_again(PRICE, [], Reader()) == []


def test_a_question_may_name_only_what_the_passage_names() -> None:
    assert not filters.invents("Who sells the tickets of Tarn House for 14 florins?", PRICE)
    assert not filters.invents("Whose bakery sells them?", PRICE)
    assert filters.invents("What did Sir John Herschel buy there?", PRICE)
    assert filters.invents("Who bought 15 tickets?", PRICE)


def test_examples_for_an_untaught_editor_have_the_layout_of_the_prompt() -> None:
    blocks = asking_examples().strip().split("\n\n")[1:]
    assert len(blocks) >= 5
    for block in blocks:
        assert [line.split(":")[0] for line in block.splitlines()] == ["About", "Text", "Answer", "Question"]
