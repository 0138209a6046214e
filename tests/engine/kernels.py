"""The compiled kernels, or a skipped test."""

from __future__ import annotations

import ctypes
from functools import cache

import pytest
import torch
from torch import Tensor

from selfstudy.engine import native
from selfstudy.models.precision import Registers, registers_for

FORMATS = [torch.bfloat16, torch.float32]
KINDS: list[tuple[torch.dtype, Registers]] = [
    (torch.bfloat16, "avx512"), (torch.float32, "avx512"), (torch.float32, "avx2"),
]  # fmt: skip
"""Number formats, and the registers that kernels are compiled for."""
NEAR = {torch.bfloat16: 1.0, torch.float32: 2.0**-11}
"""What is near in the one format, in parts of what is in the other."""


@cache
def _loaded(dtype: torch.dtype, registers: Registers | None) -> native.Native:
    return native.load(dtype, registers)


def library(dtype: torch.dtype = torch.bfloat16, registers: Registers | None = None) -> ctypes.CDLL:
    widest = registers_for(dtype)
    if widest is None or (registers == "avx512" and widest != "avx512"):
        pytest.skip(f"the processor has no {dtype} in {registers or 'wide registers'}")
    found = _loaded(dtype, registers)
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
