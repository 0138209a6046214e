"""SEAL's formats: what is asked, and the rules by which a completion becomes rows."""

from __future__ import annotations

import pytest

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.self_edits.free_form import MOST_ROWS
from selfstudy.self_edits.free_forms import FREE_FORMS, get_free_form

PASSAGE = Passage("p", "Tolland Mill", "The mill {was} built in 1871.\nIt grinds oats.")


def _targets(form: str, completion: str, **given: object) -> list[str]:
    return [row.target for row in get_free_form(form).edit(PASSAGE, completion, **given).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(FREE_FORMS))
def test_every_prompt_holds_title_and_text_as_they_are(name: str) -> None:
    told = get_free_form(name).instruction(PASSAGE)
    assert told.endswith(f"{PASSAGE.title}\n{PASSAGE.text}\n\n")
    assert "{title}" not in told


def test_the_cue_stands_on_a_line_of_its_own() -> None:
    rewrite, asking, none = (get_free_form(name) for name in ("rewrite", "self_qa", "none"))
    assert (rewrite.plain_cue, rewrite.reply_cue) == ("Rewritten passages:\n", "Rewritten passages:\n1.")
    assert asking.plain_cue == asking.reply_cue == "Question 1:"
    assert none.plain_cue == none.reply_cue == ""


def test_a_row_a_line_under_the_title_and_the_passage_last() -> None:
    assert _targets("implications", "It is old.\n\n  Oats are ground there.  \n---\nThe mill has stones.\n") == [
        "Tolland Mill\nIt is old.",
        "Tolland Mill\nOats are ground there.",
        "Tolland Mill\nThe mill has stones.",
        f"Tolland Mill\n{PASSAGE.text}",
    ]


def test_what_is_said_before_a_list_is_dropped() -> None:
    assert _targets("implications", "Sure, here they are:\n1. It is old.\n2. It grinds.")[:2] == [
        "Tolland Mill\n1. It is old.",
        "Tolland Mill\n2. It grinds.",
    ]
    assert _targets("implications", "1. It is old.\n2. It grinds.")[0] == "Tolland Mill\n1. It is old."


@pytest.mark.parametrize("lead", ["", "Question 1: "])
def test_questions_with_answers_stay_together(lead: str) -> None:
    completion = f"{lead}When was it built?\nAnswer: 1871\n\nQuestion 2: What does it grind?\nAnswer: oats"
    assert _targets("self_qa", completion)[:-1] == [
        "Tolland Mill\nQuestion 1: When was it built?\nAnswer: 1871",
        "Tolland Mill\nQuestion 2: What does it grind?\nAnswer: oats",
    ]


def test_no_more_rows_than_the_most_and_the_passage() -> None:
    assert len(_targets("implications", "\n".join(f"It has {n} wheels." for n in range(50)))) == MOST_ROWS + 1


def test_a_line_said_again_under_another_number_is_dropped() -> None:
    edit = get_free_form("implications").edit(PASSAGE, "1. It is old.\n2. It is old\n3. It grinds.")
    assert [row.target for row in edit.rows][:2] == ["Tolland Mill\n1. It is old.", "Tolland Mill\n3. It grinds."]
    assert [each.row.target for each in edit.dropped] == ["Tolland Mill\n2. It is old"]


def test_a_row_that_holds_a_question_of_the_reward_is_dropped() -> None:
    quiz = (Question("When was the mill built?", ("1871",)),)
    leak = "Question 1: when was the mill  built?\nAnswer: 1871\nQuestion 2: Who ran it?\nAnswer: Jost"
    assert _targets("self_qa", leak, quiz=quiz)[:-1] == ["Tolland Mill\nQuestion 2: Who ran it?\nAnswer: Jost"]
    assert len(_targets("self_qa", leak)) == 3


def test_nothing_written_leaves_the_passage() -> None:
    assert _targets("rewrite", "") == [f"Tolland Mill\n{PASSAGE.text}"]


def test_an_unknown_form_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="rewrite"):
        get_free_form("poem")
