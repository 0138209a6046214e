"""Which number format a device computes in at speed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import torch

from selfstudy.models.errors import ModelError

Dtype = Literal["auto", "float32", "bfloat16", "float16", "float64"]
Registers = Literal["avx512", "avx2"]
_REGISTERS: dict[str, Registers] = {"AVX512": "avx512", "AVX2": "avx2"}
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


def registers_for(dtype: torch.dtype) -> Registers | None:
    """The widest registers in which the processor multiplies float32 or bfloat16 numbers; None if there are none.

    Of those that torch uses: ATEN_CPU_CAPABILITY, its own setting, holds here too.
    """
    capability = torch.backends.cpu.get_cpu_capability()
    if dtype == torch.bfloat16:
        return "avx512" if capability == "AVX512" and "avx512_bf16" in _cpu_flags() else None
    return _REGISTERS.get(capability) if dtype == torch.float32 else None


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
