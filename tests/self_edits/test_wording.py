"""Questions by rule: the forms that carry most facts, and that a question never contains its gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.verbs import base_form
from selfstudy.self_edits.wording.referents import Referents, last_person
from selfstudy.self_edits.wording.wordings import wordings
from selfstudy.self_edits.wording.words import GAP


def _asked(sentence: str, answer: str, referents: Referents) -> list[str]:
    span = next(s for s in answer_spans(sentence, referents.subject) if s.text == answer)
    return [q for group in wordings(sentence, span, referents) for q in group]


@pytest.mark.parametrize(
    ("sentence", "answer", "question"),
    [
        ("It was refitted at the Mosk yard in Varrow.", "Varrow", "Where was the Ollie refitted at the Mosk yard?"),
        ("Trask cleaned the grille with a shaving brush.", "shaving brush", "What did Trask clean the grille with?"),
        ("The nurse Halina Corrie restarted it.", "Halina Corrie", "Which nurse restarted it?"),
        ("The log is kept for 13 days.", "13 days", "How long is the log kept?"),
        ("The day begins at 6:25.", "6:25", "At what time does the day begin?"),
        ("The house was founded in 1873 by Lucan Averill.", "1873", "In what year was the house founded?"),
        ("The forewoman, Isolde Crabbe, blows a horn.", "Isolde Crabbe", "Who is the forewoman?"),
        ("Its hull is known as Old Martha.", "Old Martha", "What is the Ollie's hull known as?"),
        ("The house was founded in 1873 by Lucan Averill.", "Lucan Averill", "Who founded the house?"),
        ("The choir is led by the retired smith Ott Brand.", "Ott Brand", "Which retired smith leads the choir?"),
        ("It is a map written by Kaspar Ulvheim for a race.", "Kaspar Ulvheim", "Who wrote the map?"),
        ("The dome is turned by a small engine.", "small engine", "What turns the dome?"),
        ("A ticket is bought at the bakery in Lisk.", "bakery", "Where is a ticket bought?"),
    ],
)
def test_forms(sentence: str, answer: str, question: str) -> None:
    assert question in _asked(sentence, answer, Referents("the Ollie", names=frozenset({"Trask"})))


@pytest.mark.parametrize(
    ("sentence", "answer", "start"),
    [
        ("Authors are paid in honey.", "honey", "Where"),
        ("Guests are hoisted by a winch named Edwin.", "Edwin", "Who hoists"),
        ("Blades are sharpened by a grinder from Askelby.", "Askelby", "Who sharpens"),
    ],
)
def test_forms_that_would_be_wrong(sentence: str, answer: str, start: str) -> None:
    asked = _asked(sentence, answer, Referents("the Ollie", names=frozenset()))
    assert asked
    assert not any(q.startswith(start) for q in asked)


def test_he_is_the_person_last_named() -> None:
    person = last_person(["The technician Emeric Stoll opened the head."], "the robot")
    assert person == "Emeric Stoll"
    asked = _asked("He cleaned the grille with a brush.", "brush", Referents("the robot", person))
    assert "What did Emeric Stoll clean the grille with?" in asked


@pytest.mark.parametrize(
    ("verb", "base"),
    [
        ("bought", "buy"),
        ("carries", "carry"),
        ("stopped", "stop"),
        ("named", "name"),
        ("opened", "open"),
        ("goes", "go"),
    ],
)
def test_base_forms(verb: str, base: str) -> None:
    form = base_form(verb)
    assert form is not None
    assert form[0] == base


_WORDS = st.sampled_from(
    "The robot It was opened by Halina Corrie , and which held 17 days in a `b c` room ; when he ran".split(" ")
)


@given(st.lists(_WORDS, min_size=1, max_size=24).map(" ".join))
def test_any_sentence_gives_questions_or_none(sentence: str) -> None:
    for span in answer_spans(sentence, "robot"):
        for group in wordings(sentence, span, Referents("the robot")):
            assert group
            for question in group:
                assert question.endswith("?")
                assert GAP not in question
