"""The compiled kernels, or a skipped test."""

from __future__ import annotations

import ctypes
from functools import cache

import pytest
import torch
from torch import Tensor

from selfstudy.engine import native


@cache
def _loaded() -> native.Native:
    return native.load()


def library() -> ctypes.CDLL:
    found = _loaded()
    if found.library is None:
        pytest.skip(found.missing)
    return found.library


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).bfloat16()


def near(found: Tensor, wanted: Tensor, terms: int = 1) -> None:
    """As near as bfloat16 numbers, rounded once, are to sums of `terms` products of such numbers."""
    torch.testing.assert_close(found.double(), wanted.double(), rtol=2**-7, atol=2**-8 * terms**0.5)
