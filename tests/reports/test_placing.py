"""Names beside points."""

from __future__ import annotations

from selfstudy.reports.placing import place


def test_a_point_alone_has_its_name_on_the_right() -> None:
    (name,) = place([(50, 60)], ["7"], 200, 200)
    assert (name.text, name.y) == ("7", 60)
    assert 50 < name.x < 70


def test_points_that_lie_on_each_other_share_a_name() -> None:
    names = place([(50, 60), (120, 60), (52, 61)], ["1", "2", "3"], 200, 200)
    assert [name.text for name in names] == ["1, 3", "2"]


def test_names_lie_neither_outside_nor_on_each_other() -> None:
    # The right edge, the lower corner, and a row of points that are close to each other.
    points = [(198.0, 100.0), (2.0, 198.0), *((100.0 + 9 * n, 50.0) for n in range(5))]
    names = place(points, [str(n) for n in range(10, 17)], 200, 200)
    boxes = [(name.x - 7, name.y - 6, name.x + 7, name.y + 6) for name in names]
    for n, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert right <= 200
        assert bottom <= 200
        for other in boxes[:n]:
            assert right <= other[0] or left >= other[2] or bottom <= other[1] or top >= other[3]
