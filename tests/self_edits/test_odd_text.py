"""Odd text ends in notes or in none, and soon: long sentences, code, tables, no punctuation, other scripts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfstudy.domain.passage import Passage
from selfstudy.self_edits.cloze import Cloze
from selfstudy.self_edits.question_answer import QuestionAnswer
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import MOST_TOKENS, readable, tokens_of

_WORDS = st.sampled_from(
    "the a of in by at and or , , . ; : ( ) ! ? - – — ' ’s \" “ ” ` It She He They its his which who that whose "
    "Whoever because when since as so if was is has had cannot called named every only about at least more than name "
    "Ines Dubrow Port Ansel MV 17 days 06:30 April 2009 percent crowns 0.8 $5 50% `quill ship` #red --undo a_b "
    "opened carries quickly runs building optician forewoman keeper lamp lamps nine first million no none".split(" ")
)
_ODD = st.text(st.sampled_from("aZ9 .,;:'\"`“”()-–—_#@/$%°\n\t\u00a0\u200b\u202eİßﬁⅧ½²漢🎉\u0301"), max_size=120)


def _read(passage: Passage) -> None:
    for choice in QuestionAnswer(facts=99).choices(passage, 3):
        assert choice.candidates
        assert all(question.endswith("?") for question in choice.candidates)
    for row in Cloze(facts=99).given(passage):
        assert row.target


@settings(deadline=5000, max_examples=150)
@given(st.lists(_WORDS, max_size=MOST_TOKENS).map(" ".join), st.lists(_WORDS, max_size=12).map(" ".join))
def test_words_in_any_order(text: str, title: str) -> None:
    _read(Passage("d", title, text))


@settings(deadline=5000)
@given(_ODD, _ODD)
def test_any_signs(text: str, title: str) -> None:
    _read(Passage("d", title, text))


LONG = {
    "a table": ", ".join(f"item {i}" for i in range(600)),
    "no punctuation": "the robot opens and closes a big door while Ines Dubrow holds 17 lamps " * 80,
    "a list": ", and ".join(f"the lamp{i}" for i in range(400)),
    "code": 'def f(x):\n    return {k: v for k, v in x.items() if k not in ("a", "b")}\n' * 100,
    "names": "Alpha of the " * 1000,
    "clauses": "the man which " * 600,
    "backticks": "`a " * 1001,
    "quotes": "“a " * 3000,
    "digits": "1," * 5000 + "a",
    "brackets": "." + ")" * 20_000,
    "blank lines": "a" + "\n " * 10_000 + "- b",
    "underscores": "a_" * 20_000 + "!",
    "many sentences": "The big robot opens a door. " * 600,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("titled", [False, True])
def test_long_text_is_read_soon(text: str, titled: bool) -> None:
    started = time.process_time()
    _read(Passage("d", text[:3000] if titled else "The robot of Port Ansel", text))
    # A hundredth to a fifth of a second here; some took minutes before sentences had a longest length.
    assert time.process_time() - started < 5


def test_the_longest_sentence_that_is_read() -> None:
    assert readable("word " * MOST_TOKENS)
    assert not readable("word " * (MOST_TOKENS + 1))
    assert len(tokens_of("word " * MOST_TOKENS)) == MOST_TOKENS


def test_a_long_title_still_names_its_subject() -> None:
    title = "The fuel, the crew: and " + "the Tarn Ollie, " + "very " * 60
    assert subject_of(title, "Once the Tarn Ollie sailed.") == "the Tarn Ollie"
