"""A user's quiz that rewards is split, and no question does both."""

from __future__ import annotations

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.quizzes.answer_key import split_answer_key

FERRY = Passage("ferry.md", "The ferry", "It is red. Its captain is Ines Dubrow, who was born in 1931.")
BAKERY = Passage("bakery.md", "The bakery", "It is red as well. It was opened in 1887.")
CAPTAIN = Question("Who is captain?", ("nobody", "Ines Dubrow"))
BORN = Question("When was she born?", ("1931",))
COLOUR = Question("What colour has the bakery?", ("red",), "bakery.md")
OPENED = Question("When was it opened?", ("1887",), "bakery.md")
ELSEWHERE = Question("Where is it?", ("Orl",))
WRONG = Question("When was it opened?", ("1887",), "ferry.md")


def test_every_other_question_of_a_passage_rewards() -> None:
    reward, report = split_answer_key((CAPTAIN, ELSEWHERE, BORN, COLOUR, OPENED, WRONG), (FERRY, BAKERY))
    assert reward == {FERRY.identity: (CAPTAIN,), BAKERY.identity: (COLOUR,)}
    assert report == (ELSEWHERE, BORN, OPENED, WRONG)


def test_an_empty_quiz_or_no_passages() -> None:
    assert split_answer_key((), (FERRY,)) == ({}, ())
    assert split_answer_key((CAPTAIN,), ()) == ({}, (CAPTAIN,))
