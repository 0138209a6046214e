"""What every room's tests may use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

# No timed assertions: hypothesis's deadline is one, and fails on a slow or busy machine.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Matrices of tiny models are slower on several threads than on one, by far so on a machine that others use too. Set
# before torch is imported, and inherited by the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Kernels are compiled once, whichever cache a test has.
os.environ.setdefault("SELFSTUDY_KERNELS", str(Path(__file__).parent.parent / ".pytest_cache" / "kernels"))

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
