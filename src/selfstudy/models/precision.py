"""Which number format a device computes in at speed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import torch

from selfstudy.models.errors import ModelError

Dtype = Literal["auto", "float32", "bfloat16", "float16", "float64"]
_NAMED = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float64": torch.float64,
}


def pick_dtype(dtype: str | torch.dtype, device: torch.device) -> torch.dtype:
    """The torch dtype of a setting; "auto" is bfloat16 where the hardware multiplies in it, else float32.

    Raises ModelError for other names.
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype == "auto":
        return torch.bfloat16 if has_bfloat16(device) else torch.float32
    if dtype not in _NAMED:
        raise ModelError(f"dtype {dtype!r} is unknown; use auto, {', '.join(_NAMED)}")
    return _NAMED[dtype]


def pick_device(device: str | torch.device) -> torch.device:
    """The torch device of a setting. Raises ModelError if it is not there."""
    try:
        picked = torch.device(device)
    except RuntimeError as error:
        raise ModelError(f"device {device!r} is unknown; use cpu, cuda or cuda:0") from error
    if picked.type == "cuda" and not torch.cuda.is_available():
        raise ModelError(f"device {device}: this torch sees no CUDA device; use --device cpu, or install a CUDA build")
    return picked


def has_bfloat16(device: torch.device) -> bool:
    """True where bfloat16 products are a hardware instruction, not an emulation slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and not {"avx512_bf16", "amx_bf16"}.isdisjoint(_cpu_flags())


def has_wide_registers(dtype: torch.dtype) -> bool:
    """True where the processor multiplies such numbers, float32 or bfloat16, in AVX-512 registers."""
    needed = {"avx512f", "avx512bw", "avx512vl", "avx512dq"} | ({"avx512_bf16"} if dtype == torch.bfloat16 else set())
    return needed <= _cpu_flags()


def has_matrix_tiles() -> bool:
    """True where the processor multiplies bfloat16 in tiles of 16 rows (AMX).

    Sums are then taken in an order that depends on how many rows a product has (LOG.md, 2026-11-29).
    """
    return "amx_bf16" in _cpu_flags()


@cache
def _cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()  # not Linux
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())
