"""Formats by name."""

from __future__ import annotations

import pytest

from selfstudy.self_edits.registry import FORMATS, get_format


def test_a_format_takes_as_many_facts_as_it_is_told() -> None:
    assert get_format("questions") is FORMATS["questions"]
    assert get_format("questions", facts=3) == type(FORMATS["questions"])(facts=3)  # type: ignore[call-arg]


def test_a_format_without_facts_says_so() -> None:
    with pytest.raises(TypeError, match="facts"):
        get_format("raw", facts=3)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no self-edit format 'quizzes'; known: cloze, implications"):
        get_format("quizzes")
