"""Diversity of texts: known values, and the directions in which collapse shows."""

from __future__ import annotations

import pytest

from selfstudy.self_edits.diversity import compression, diversity, overlap


def test_values_worked_out_by_hand() -> None:
    # Pairs: ab, bc | ab, bd. Different: ab, bc, bd, three of four. Each text shares ab, one of its two, with the other.
    found = diversity(["a b c", "a b d"])
    assert (found.num_texts, found.distinct, found.self_overlap) == (2, 0.75, 0.5)


def test_overlap_is_clipped_and_has_a_direction() -> None:
    assert overlap("a b a b", "a b") == pytest.approx(1 / 3)  # ab, ba, ab against one ab
    assert overlap("a b", "a b a b") == 1.0
    assert overlap("word", "word") == 0.0


def test_copies_are_less_varied_than_different_texts() -> None:
    varied = diversity(["the mill grinds oats by night", "Jost the hatter paints his cars green", "tides fall at noon"])
    copies = diversity(["the mill grinds oats by night"] * 3)
    assert copies.self_overlap == 1.0 > varied.self_overlap
    assert copies.distinct < varied.distinct
    assert copies.compression < varied.compression


def test_what_goes_round_in_circles_compresses() -> None:
    assert compression("The islands are islands. " * 20) < 0.15
    assert compression("A full copy is taken every Sunday and kept for six weeks, away from the office in Lisk.") > 0.5


def test_nothing_at_all() -> None:
    assert diversity([]).distinct == diversity([""]).compression == 0.0
