"""The compiled kernels, or a skipped test."""

from __future__ import annotations

import ctypes
from functools import cache

import pytest
import torch
from torch import Tensor

from selfstudy.engine import native

FORMATS = [torch.bfloat16, torch.float32]
NEAR = {torch.bfloat16: 1.0, torch.float32: 2.0**-11}
"""What is near in the one format, in parts of what is in the other."""


@cache
def _loaded(dtype: torch.dtype) -> native.Native:
    return native.load(dtype)


def library(dtype: torch.dtype = torch.bfloat16) -> ctypes.CDLL:
    found = _loaded(dtype)
    if found.library is None:
        pytest.skip(found.missing)
    return found.library


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers that every format holds exactly."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).bfloat16()


def near(found: Tensor, wanted: Tensor, terms: int = 1) -> None:
    """As near as numbers, rounded once, are to sums of `terms` products of such numbers."""
    part = NEAR[found.dtype]
    torch.testing.assert_close(found.double(), wanted.double(), rtol=2**-7 * part, atol=2**-8 * terms**0.5 * part)
