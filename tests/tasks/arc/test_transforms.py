"""Transforms: known values, inverses, the group of the square's symmetries, limits of size."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from selfstudy.tasks.arc.grid import LARGEST, Grid
from selfstudy.tasks.arc.transforms import (
    ANTI_TRANSPOSE,
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    IDENTITY,
    ROTATE_90,
    ROTATE_180,
    ROTATE_270,
    SYMMETRIES,
    TRANSPOSE,
    Chain,
    Enlargement,
    Ordering,
    Recolouring,
    Reflection,
    Repetition,
    Transform,
    Translation,
)
from tests.tasks.arc.strategies import grid, grids

ONE = grid("123", "456")
shifts = st.builds(Translation, st.integers(-40, 40), st.integers(-40, 40))
recolourings = st.permutations(range(10)).map(lambda colours: Recolouring(tuple(colours)))
geometric = st.sampled_from(SYMMETRIES) | shifts
factors = st.integers(1, 3)
growing = (
    st.builds(Enlargement, factors, factors)
    | st.builds(Repetition, factors, factors)
    | st.builds(Reflection, st.sampled_from(["above", "below", "left", "right"]))
)
single = geometric | recolourings | growing
transforms = single | st.lists(single, max_size=3).map(lambda links: Chain(tuple(links)))


@pytest.mark.parametrize(
    ("transform", "name", "lines"),
    [
        (IDENTITY, "identity", ["123", "456"]),
        (ROTATE_90, "rotate_90", ["41", "52", "63"]),
        (ROTATE_180, "rotate_180", ["654", "321"]),
        (ROTATE_270, "rotate_270", ["36", "25", "14"]),
        (FLIP_VERTICAL, "flip_vertical", ["456", "123"]),
        (FLIP_HORIZONTAL, "flip_horizontal", ["321", "654"]),
        (TRANSPOSE, "transpose", ["14", "25", "36"]),
        (ANTI_TRANSPOSE, "anti_transpose", ["63", "52", "41"]),
        (Translation(1, 1), "translate_1_1", ["645", "312"]),
        (Translation(0, 2), "translate_0_2", ["231", "564"]),
        (Recolouring((0, 2, 1, 3, 4, 5, 9, 7, 8, 6)), "recolour_0213459786", ["213", "459"]),
        (Enlargement(2, 2), "resolution_2", ["112233", "112233", "445566", "445566"]),
        (Enlargement(2, 1), "height_2", ["123", "123", "456", "456"]),
        (Enlargement(1, 3), "width_3", ["111222333", "444555666"]),
        (Repetition(2, 1), "repeat_down_2", ["123", "456", "123", "456"]),
        (Repetition(1, 2), "repeat_right_2", ["123123", "456456"]),
        (Repetition(2, 2), "repeat_both_2", ["123123", "456456", "123123", "456456"]),
        (Repetition(2, 3), "repeat_down_2+repeat_right_3", ["123123123", "456456456"] * 2),
        (Reflection("above"), "reflect_above", ["456", "123", "123", "456"]),
        (Reflection("below"), "reflect_below", ["123", "456", "456", "123"]),
        (Reflection("left"), "reflect_left", ["321123", "654456"]),
        (Reflection("right"), "reflect_right", ["123321", "456654"]),
        (Chain((ROTATE_90, Enlargement(1, 2))), "rotate_90+width_2", ["4411", "5522", "6633"]),
        (Chain(()), "identity", ["123", "456"]),
    ],
)
def test_known_values(transform: Transform, name: str, lines: list[str]) -> None:
    assert transform.name == name
    assert transform.apply(ONE) == grid(*lines)
    assert transform.invert(grid(*lines)) == ONE


def test_a_translation_goes_down_and_to_the_right() -> None:
    assert Translation(1, 2).apply(grid("1000", "0000", "0000")) == grid("0000", "0010", "0000")
    assert Translation(3, 5).apply(grid("1000", "0000", "0000")) == grid("0100", "0000", "0000")


@given(transforms, grids())
def test_undone_is_as_before_and_the_shape_as_told(transform: Transform, one: Grid) -> None:
    assume(transform.applies_to(one))
    made = transform.apply(one)
    assert transform.invert(made) == one
    assert (made.height, made.width) == transform.shape(one.height, one.width)


@given(transforms, grids(8))
def test_undoing_ends_in_the_one_grid_that_makes_it_or_in_an_error(transform: Transform, made: Grid) -> None:
    try:
        one = transform.invert(made)
    except ValueError:
        return
    assert transform.apply(one) == made


@pytest.mark.parametrize(
    ("transform", "made"),
    [
        (Enlargement(2, 2), grid("11", "12")),
        (Enlargement(2, 1), grid("1", "1", "1")),
        (Repetition(1, 2), grid("1213")),
        (Repetition(2, 1), grid("1")),
        (Reflection("right"), grid("1212")),
        (Reflection("left"), grid("1")),
        (Reflection("above"), grid("1", "2", "1")),
        (Chain((ROTATE_90, Repetition(1, 3))), grid("1")),
        (Chain((Reflection("below"), Repetition(3, 1))), grid("1", "2")),
    ],
)
def test_what_a_transform_does_not_make_cannot_be_undone(transform: Transform, made: Grid) -> None:
    with pytest.raises(ValueError) as caught:
        transform.invert(made)
    shape = f"{made.height}×{made.width}"
    assert str(caught.value) == f"{transform.name}: it makes no such grid ({shape}); nothing to undo"


@given(geometric, grids())
def test_geometry_keeps_every_cell(transform: Transform, one: Grid) -> None:
    def count(of: Grid) -> Counter[int]:
        return Counter(cell for row in of.rows for cell in row)

    assert count(transform.apply(one)) == count(one)


@given(growing, grids())
def test_growing_multiplies_every_colour_alike(transform: Transform, one: Grid) -> None:
    made = transform.apply(one)
    times = made.height * made.width // (one.height * one.width)
    before, after = (Counter(cell for row in g.rows for cell in row) for g in (one, made))
    assert after == {colour: count * times for colour, count in before.items()}


@given(recolourings, grids())
def test_recolouring_is_a_bijection_of_colours(transform: Recolouring, one: Grid) -> None:
    made = transform.apply(one)
    pairs = {(a, b) for row, other in zip(one.rows, made.rows, strict=True) for a, b in zip(row, other, strict=True)}
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)


def test_the_symmetries_are_the_group_of_the_square() -> None:
    results = {s.apply(ONE): s for s in SYMMETRIES}
    assert len(results) == len({s.name for s in SYMMETRIES}) == 8
    table = {(a, b): results[b.apply(a.apply(ONE))] for a, b in product(SYMMETRIES, SYMMETRIES)}  # closed, or KeyError
    for s in SYMMETRIES:
        assert table[s, s.inverse] == table[s.inverse, s] == IDENTITY
        assert len({table[s, other] for other in SYMMETRIES}) == 8
    assert table[ROTATE_90, ROTATE_90] == ROTATE_180
    assert table[ROTATE_90, ROTATE_180] == ROTATE_270
    assert table[TRANSPOSE, FLIP_HORIZONTAL] == ROTATE_90 != table[FLIP_HORIZONTAL, TRANSPOSE]


@given(st.sampled_from(SYMMETRIES), grids())
def test_a_symmetry_of_any_grid_is_undone_by_its_inverse(symmetry: Transform, one: Grid) -> None:
    assert isinstance(symmetry, type(IDENTITY))
    assert symmetry.inverse.apply(symmetry.apply(one)) == one


@given(transforms, st.integers(1, LARGEST), st.integers(1, LARGEST))
def test_nothing_grows_beyond_the_largest_grid(transform: Transform, height: int, width: int) -> None:
    one = Grid(((7,) * width,) * height)
    if transform.applies_to(one):
        made = transform.apply(one)
        assert max(made.height, made.width) <= LARGEST
    else:
        with pytest.raises(ValueError, match="the grid would have"):
            transform.apply(one)


def test_too_large_is_refused_by_name() -> None:
    tall = Grid(((0,),) * 16)
    assert not Enlargement(2, 2).applies_to(ONE, tall)
    with pytest.raises(ValueError) as caught:
        Enlargement(2, 2).apply(tall)
    assert str(caught.value) == "resolution_2: the grid would have 32×2 cells; 30×30 at most"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Recolouring((0, 1)), r"^recolour: \(0, 1\) must hold each of the colours 0 to 9 once$"),
        (lambda: Recolouring((0, 0, *range(2, 10))), "must hold each of the colours"),
        (lambda: Enlargement(0, 2), "^enlarge: 0×2 must be whole numbers from 1 to 30$"),
        (lambda: Repetition(1, 31), "^repeat: 1×31 must be whole numbers from 1 to 30$"),
        (lambda: Ordering((0, 2)), r"^order: \(0, 2\) must hold each of 0 to 1 once$"),
        (lambda: Ordering((1, 0)).apply(("a",)), "^order_1_0: there are 1 examples, not 2$"),
    ],
)
def test_impossible_ones_are_refused(make: object, reason: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=reason):
        make()


@given(st.permutations(range(5)).map(lambda order: Ordering(tuple(order))))
def test_an_ordering_is_undone(ordering: Ordering) -> None:
    items = ("a", "b", "c", "d", "e")
    assert ordering.invert(ordering.apply(items)) == items == ordering.apply(ordering.invert(items))
    assert sorted(ordering.apply(items)) == list(items)
    assert Ordering((2, 0, 1)).apply(("a", "b", "c")) == ("c", "a", "b")
