"""Questions worded otherwise: asked with the sentence they are about, and only sound ones kept."""

from __future__ import annotations

from collections.abc import Sequence

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.self_edits.contract import WriteRequest
from selfstudy.self_edits.otherwise import word_otherwise

PASSAGES = (
    Passage(
        "a.md",
        "The Orl ferry",
        "The Orl ferry is red. It is led by Ines Dubrow. The boat had belonged to Ines Dubrow since 1931.",
    ),
    Passage("b.md", "Dubrow Bakery", "At Dubrow Bakery the oven is heated with beech."),
)


class Editor:
    """Completes each request with the next of `texts`, and remembers what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.asked = list(texts), list[WriteRequest]()

    def __call__(self, requests: Sequence[WriteRequest]) -> list[str]:
        self.asked += requests
        return [self.texts.pop(0) for _ in requests]

    def likelihoods(self, requests: Sequence[WriteRequest]) -> list[float]:
        raise AssertionError("not asked for")

    def read(self, asked: Sequence[tuple[str, str]]) -> list[str]:
        raise AssertionError("not asked for")


LED = Row.question_answer("By whom is the Orl ferry led?", "Ines Dubrow")


def test_it_is_asked_with_the_sentence_that_the_question_is_about() -> None:
    editor = Editor(" Who commands the Orl ferry?", " Who is the head of the Orl ferry?")
    found = word_otherwise(PASSAGES, [LED], editor, samples=2)
    assert found == {LED.prompt: ("Who commands the Orl ferry?", "Who is the head of the Orl ferry?")}
    first, second = editor.asked
    assert first.prompt == (
        "About: The Orl ferry\nText: The Orl ferry is red. It is led by Ines Dubrow.\nAnswer: Ines Dubrow\n"
        "Question: By whom is the Orl ferry led?\nQuestion:"
    )
    assert (first.temperature, second.temperature) == (0.0, 0.8)
    assert first.teachable


def test_what_is_no_other_question_for_the_answer_is_left_out() -> None:
    editor = Editor(
        " By whom is the Orl ferry led?", " Who commands the Orl ferry", " Why does Ines Dubrow lead the Orl ferry?",
        " Who commands the Orl ferry of Zanzibar?",
    )  # fmt: skip
    assert word_otherwise(PASSAGES, [LED], editor, samples=4) == {}


def test_rows_that_no_passage_holds_are_not_asked_about() -> None:
    editor = Editor()
    rows = [Row.plain("The Orl ferry is red."), Row.question_answer("Who sank it?", "nobody")]
    assert word_otherwise(PASSAGES, rows, editor, samples=2) == {}
    assert editor.asked == []
