"""What every room's tests may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selfstudy.models.loaded import LoadedModel


@pytest.fixture(scope="session")
def smollm2() -> LoadedModel:
    """The real default model, in float32. Its first use on a machine downloads 98 MB and converts them (20 s)."""
    from selfstudy.models.errors import ModelError
    from selfstudy.models.load import load

    try:
        return load("smollm2-135m", dtype="float32")
    except ModelError as error:
        if str(error).startswith("cannot download"):
            pytest.skip(str(error))
        raise
