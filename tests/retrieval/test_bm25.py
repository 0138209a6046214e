"""BM25 finds the passage that shares the question's rare words."""

from __future__ import annotations

import pytest

from selfstudy.domain.passage import Passage
from selfstudy.retrieval.bm25 import best_passages

PASSAGES = (
    Passage("a.md", "The Orl ferry", "It is red. Its captain is Ines Dubrow."),
    Passage("b.md", "The lighthouse", "The lamp is lit at dusk by the keeper."),
    Passage("c.md", "The bakery", "Bread is baked twice a day, rye on Fridays."),
)


def test_the_best_passage_comes_for_each_question() -> None:
    asked = ["Who is the captain of the ferry?", "Which bread is baked on Fridays?", "When is the lamp lit?"]
    assert [p.document for p in best_passages(PASSAGES, asked)] == ["a.md", "c.md", "b.md"]


def test_titles_are_searched_too() -> None:
    assert best_passages(PASSAGES, ["bakery"])[0].document == "c.md"


def test_a_question_that_shares_no_word_gets_some_passage() -> None:
    assert best_passages(PASSAGES, ["???"])[0] in PASSAGES
    assert best_passages(PASSAGES[:1], ["xylophone"]) == [PASSAGES[0]]


def test_nothing_to_search() -> None:
    with pytest.raises(ValueError) as caught:
        best_passages((), ["Who?"])
    assert str(caught.value) == "retrieval: there are no passages to search"
