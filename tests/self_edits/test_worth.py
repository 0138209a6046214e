"""What a person would ask for is worth most."""

from __future__ import annotations

import pytest

from selfstudy.self_edits.spans import answer_spans


@pytest.mark.parametrize(
    ("sentence", "more", "less"),
    [
        ("A line in the file `legend.ini` cures it.", "legend.ini", "line"),
        ("The culprit can be found with `tessa lantern`, which paints it magenta.", "tessa lantern", "magenta"),
        ("The hall was built by Wilma Trask in a dairy.", "Wilma Trask", "hall"),
        ("Its founder wore wooden clogs.", "wooden clogs", "founder"),
        ("The glazier sold a tin of ginger biscuits.", "ginger biscuits", "tin"),
    ],
)
def test_the_telling_span_is_worth_more(sentence: str, more: str, less: str) -> None:
    found = {span.text: span.worth for span in answer_spans(sentence)}
    assert 0 <= found[less] < found[more] <= 1


@pytest.mark.parametrize("sentence", ["It was the first of its kind.", "There is no cure."])
def test_what_nobody_asks_for_is_worth_nothing(sentence: str) -> None:
    assert all(span.worth == 0 for span in answer_spans(sentence))
