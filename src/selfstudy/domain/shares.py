"""Settings that are shares."""

from __future__ import annotations


def check_shares(owner: str, **values: float) -> None:
    """Raises ValueError that names `owner` and the first value outside [0, 1)."""
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ValueError(f"{owner}: {name} {value} must be at least 0 and below 1, a share")
