"""What may be written in several ways is compared as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.grading.likeness import ALIKE, likeness, misspelt, one_family, stem, synonyms
from selfstudy.grading.normalise import first_sentence, statement, words
from selfstudy.grading.numerals import leading_number, roman


def _texts(text: str) -> list[str]:
    return [word.text for word in words(text)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1,000", "a thousand"),
        ("twenty-one", "21"),
        ("2.5 million", "2,500,000"),
        ("two hundred and five", "205"),
        ("the 3rd", "the third"),
        ("Edmund XIV", "Edmund 14"),
        ("15%", "fifteen per cent"),
        ("Dec. 5", "December 5"),
        ("1990–1995", "1990-1995"),
        ("U.S. Navy", "United States Navy"),
        ("J.R. Holm", "JR Holm"),
        ("Café “Löwe”", 'cafe "lowe"'),
        ("the keeper’s boat", "the keeper boat"),
        ("salt & pepper", "salt and pepper"),
    ],
)
def test_two_ways_to_write_one_thing(first: str, second: str) -> None:
    assert [w for w in _texts(first) if w != "a"] == [w for w in _texts(second) if w != "a"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("one two", (1, 1)),
        ("twenty two", (22, 2)),
        ("seven hundred thousand people", (700_000, 3)),
        ("three million two hundred", (3_000_200, 4)),
        ("1990 1995", (1990, 1)),
        ("three and four", (3, 1)),
        ("hundreds of boats", None),
        ("1970s", None),
    ],
)
def test_number_at_the_beginning(said: str, expected: tuple[float, int] | None) -> None:
    assert leading_number(said.split()) == expected


@given(st.integers(1, 39))
def test_roman_numerals_against_their_construction(value: int) -> None:
    tens, units = divmod(value, 10)
    written = "X" * tens + ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][units]
    assert roman(written) == (value if len(written) > 1 else None)


@given(st.integers(0, 10**9))
def test_thousands_separators_change_nothing(value: int) -> None:
    assert _texts(f"{value:,}") == _texts(str(value))


@pytest.mark.parametrize(("first", "second"), [("boats", "boat"), ("carried", "carry"), ("fled", "flee")])
def test_forms_of_one_word(first: str, second: str) -> None:
    assert stem(first) == stem(second)
    assert likeness(first, second) == 1


def test_what_may_stand_for_a_word() -> None:
    assert one_family("economic", "economy")
    assert not one_family("internal", "international")
    assert misspelt("lighthuose", "lighthouse")
    assert not misspelt("boat", "coat")
    assert synonyms("purchased", "buy")
    assert likeness("production", "productive") == ALIKE
    assert likeness("harbour", "cheese") == 0


def test_other_dialogue_is_no_part_of_an_answer() -> None:
    assert statement("Answer: the mill.\n\nQuestion: What else? The harbour.") == "the mill."
    assert statement("The mill.\nYou are an assistant that is kind.") == "The mill."


def test_a_sentence_does_not_end_after_an_initial() -> None:
    assert first_sentence("It was J. Holm of St. Olav. He left.").strip() == "It was J. Holm of St. Olav."
