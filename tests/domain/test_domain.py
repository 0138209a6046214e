"""Questions, passages, hashes and seeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.directives import Directives
from selfstudy.domain.identity import content_hash, derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.update import Update


@pytest.mark.parametrize(
    ("answer", "said", "right"),
    [
        ("Ines", "It was Ines.", True),
        ("ines", "INES DUBROW", True),
        ("Ines", "the mines", False),
        ("17", "At 17 degrees", True),
        ("17", "In 1794", False),
        ("17", "017", False),
        ("5.2 metres", "It is 5.2 metres deep", True),
        ("5.2 metres", "It is 5x2 metres deep", False),
        ("--undo", "use --undo now", True),
        ("C++", "It is written in C++.", True),
        ("C++", "It is written in C.", False),
        ("Straße", "in the STRASSE", True),
        ("bread oven", "a bread  oven", False),
        ("Ines", "", False),
    ],
)
def test_answers_count_on_word_boundaries(answer: str, said: str, right: bool) -> None:
    assert Question("?", (answer,)).accepts(said) is right


def test_any_accepted_answer_will_do() -> None:
    question = Question("?", ("Marigold Tench", "Tench"))
    assert question.accepts("Mrs. Tench")
    assert not question.accepts("Marigold")
    assert not Question("?", ()).accepts("anything")


@given(st.text("ab .", min_size=1, max_size=5).map(str.strip).filter(bool), st.text("xyz ", max_size=5))
def test_an_answer_among_other_words_is_accepted(answer: str, around: str) -> None:
    assert Question("?", (answer,)).accepts(f"{around} {answer} {around}")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is there! Is three?", ("One is here.", "Two is there!", "Is three?")),
        ("It opens at 5.2 metres. Then it stops.", ("It opens at 5.2 metres.", "Then it stops.")),
        ("A line\nthat goes on. And ends", ("A line that goes on.", "And ends")),
        ("A heading\n\nA paragraph.", ("A heading", "A paragraph.")),
        ("Bring:\n- a lamp\n- an oven", ("Bring:", "- a lamp", "- an oven")),
        ("Run `x. y` first. `quill` starts it.", ("Run `x. y` first.", "`quill` starts it.")),
        ("", ()),
        (" \n\n ", ()),
    ],
)
def test_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert Passage("d", "t", text).sentences == sentences


@given(st.text(st.sampled_from("aB1 .!?\n-*\"')`("), max_size=60))
def test_sentences_lose_no_letter_and_are_never_empty(text: str) -> None:
    sentences = Passage("d", "t", text).sentences
    assert all(s == " ".join(s.split()) != "" for s in sentences)
    kept = [c for c in " ".join(sentences) if c.isalnum()]
    assert kept == [c for c in text if c.isalnum()]


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_hashes_are_equal_for_equal_parts_only(one: list[str], two: list[str]) -> None:
    assert (content_hash(*one) == content_hash(*two)) is (one == two)


def test_a_hash_is_sha256_over_length_prefixed_parts() -> None:
    assert content_hash() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert content_hash("ab", "c") != content_hash("a", "bc")
    assert len(content_hash("x")) == 64


def test_seeds_differ_by_every_part_and_fit_63_bits() -> None:
    parts: list[tuple[int, int, str, int, str]] = [
        (0, 0, "p", 0, "s"), (1, 0, "p", 0, "s"), (0, 1, "p", 0, "s"), (0, 0, "q", 0, "s"), (0, 0, "p", 1, "s"),
        (0, 0, "p", 0, "t"),
    ]  # fmt: skip
    seeds = [derive_seed(*p) for p in parts]
    assert len(set(seeds)) == len(parts)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive_seed(0, 0, "p", 0, "s") == seeds[0]


def test_identities_follow_the_content() -> None:
    passage = Passage("d", "t", "text")
    assert passage.identity == Passage("other file", "t", "text").identity
    assert passage.identity != Passage("d", "t", "texts").identity
    rows = (Row.question_answer("q?", "a"),)
    edit = SelfEdit("p", "f", rows)
    assert edit.identity == SelfEdit("p", "f", (Row.question_answer("q?", "a", origin="elsewhere"),)).identity
    others = [
        SelfEdit("p", "f", ()), SelfEdit("o", "f", rows), SelfEdit("p", "f", (Row.question_answer("q?", "b"),)),
        *(SelfEdit("p", "f", rows, directives=Directives(epochs=epochs)) for epochs in (2, 3)),
    ]  # fmt: skip
    assert len({edit.identity, *(other.identity for other in others)}) == 6


def test_directives_take_the_place_of_what_the_update_says_and_of_nothing_else() -> None:
    update = Update(UpdateRecipe(rank=3, learning_rate=1e-4, epochs=7), "distil")
    assert update.directed(Directives()) == update
    assert update.directed(Directives(2e-3, 2)) == Update(UpdateRecipe(rank=3, learning_rate=2e-3, epochs=2), "distil")
    assert update.directed(Directives(rule="sft")) == Update(update.recipe, "sft")
    assert not Directives()
    assert Directives(epochs=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 0}, "recipe: rank 0, epochs 10, rows_per_step 1: each must be at least 1"),
        ({"learning_rate": 0.0}, "recipe: learning_rate 0.0 must be above 0"),
        ({"learning_rate": float("nan")}, "recipe: learning_rate nan must be above 0"),
        ({"targets": ()}, "recipe: targets is empty; name at least one projection, for example q_proj"),
        ({"layers": (2, 2)}, "recipe: layers (2, 2) must be [first, last) with first < last"),
        ({"averaged": 1.0}, "recipe: averaged 1.0 must be at least 0 and below 1, a share"),
    ],
)
def test_bad_recipes(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        UpdateRecipe(**settings)  # type: ignore[arg-type]
    assert str(caught.value) == message
