"""Settings of learning that make no sense are refused where they are made."""

from __future__ import annotations

import pytest

from selfstudy.memory.learn import LearnSettings


@pytest.mark.parametrize("name", ["first_layer", "general_share", "protected"])
@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_shares_are_below_one(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^learn: {name} {value} must be at least 0 and below 1, a share$"):
        LearnSettings(**{name: value})  # type: ignore[arg-type]


def test_some_rows_are_needed() -> None:
    with pytest.raises(ValueError, match=r"^learn: rows 0 must be at least 1$"):
        LearnSettings(rows=0)


@pytest.mark.parametrize("keep", [0.0, 1.1])
def test_something_of_the_update_is_kept(keep: float) -> None:
    with pytest.raises(ValueError, match=rf"^learn: keep {keep} must be above 0 and at most 1$"):
        LearnSettings(keep=keep)
