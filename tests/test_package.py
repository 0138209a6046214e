"""What `import selfstudy` offers."""

from __future__ import annotations

import inspect

import pytest

import selfstudy


def test_every_name_is_there_and_documented() -> None:
    assert len(selfstudy.__all__) == 12
    for name in selfstudy.__all__:
        assert inspect.getdoc(getattr(selfstudy, name))
    assert set(selfstudy.__all__) <= set(dir(selfstudy))


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match=r"module 'selfstudy' has no attribute 'learn'; it has Asked, GateResult"):
        _ = selfstudy.learn  # type: ignore[attr-defined]
