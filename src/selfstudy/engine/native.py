"""Kernels in C for what torch is slow at, compiled on the machine that runs them: many small products.

They need a C compiler (`$CC`, or cc, gcc or clang on the path) and a processor with AVX2 or AVX-512; for bfloat16 one
that multiplies it in AVX-512. Without them the engine computes the same with torch's operators. There is a library for
each number format and width of registers. Compiling takes two seconds, once a machine: libraries stay in
$SELFSTUDY_KERNELS, else beside the models, by a hash of program text, flags and compiler.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from selfstudy.domain.identity import content_hash
from selfstudy.models.files import cache_folder
from selfstudy.models.precision import Registers, registers_for

SOURCES = Path(__file__).parent / "kernels"
_FLAGS = ("-O3", "-std=gnu11", "-fPIC", "-shared", "-mfma")
_REGISTERS: dict[Registers, tuple[str, ...]] = {
    "avx512": ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"),
    "avx2": ("-mavx2",),
}
_FORMATS = {torch.bfloat16: "-mavx512bf16", torch.float32: "-DWIDE"}
_AT, _SIZE, _FLOAT, _INT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_float, ctypes.c_int
_ARGUMENTS = {
    "low_rank_forward": [_AT] * 6,
    "low_rank_backward": [*[_AT] * 9, _INT],
    "attention_forward": [_AT] * 6,
    "attention_backward": [_AT] * 9,
    "norm_forward": [_AT, _AT, _SIZE, _SIZE, _FLOAT, _AT, _AT],
    "norm_backward": [_AT, _AT, _AT, _AT, _SIZE, _SIZE, _AT],
    "gate_forward": [_AT, _AT, _SIZE, _AT],
    "gate_backward": [_AT, _AT, _AT, _SIZE, _AT, _AT],
    "log_sum_exp": [_AT, _SIZE, _SIZE, _AT],
    "pack_weight": [_AT, _SIZE, _SIZE, _AT],
    "packed_product": [_AT, _AT, _AT, _SIZE, _SIZE, _SIZE, _INT, _AT, ctypes.c_uint, _AT],
    "scaled_softmax": [_AT, _AT, _AT, _SIZE, _SIZE, _AT],
}
_LONGEST = 120
"""Seconds that a compiler is given."""


@dataclass(frozen=True)
class Native:
    """The library for a number format, or why there is none. `identity` tells apart what may round otherwise."""

    library: ctypes.CDLL | None
    identity: str
    missing: str = ""


def load(dtype: torch.dtype, registers: Registers | None = None) -> Native:
    """The kernels for this processor, compiled unless they are there. $SELFSTUDY_KERNELS = off does without.

    `registers` are the widest ones that serve if not told.
    """
    if dtype not in _FORMATS:
        return _without(f"there are none for {str(dtype).removeprefix('torch.')}")
    folder = os.environ.get("SELFSTUDY_KERNELS")
    if folder == "off":
        return _without("SELFSTUDY_KERNELS is off")
    registers = registers or registers_for(dtype)
    if registers is None:
        wanted = "bfloat16 in AVX-512" if dtype == torch.bfloat16 else "AVX2"
        return _without(f"the processor has no {wanted}")
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CC", ""), "cc", "gcc", "clang"))), None)
    if compiler is None:
        return _without("no C compiler is on the path (cc, gcc or clang; Debian: apt install gcc)")
    try:
        texts = [path.read_text(encoding="utf-8") for path in sorted(SOURCES.iterdir())]
        version = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=_LONGEST, check=True)
        flags = (*_FLAGS, *_REGISTERS[registers], _FORMATS[dtype])
        identity = content_hash("kernels", *texts, *flags, version.stdout)[:16]
        target = (Path(folder).expanduser() if folder else cache_folder() / "kernels") / f"{identity}.so"
        if not target.is_file():
            _compile(compiler, flags, target)
        return Native(_opened(target), identity)
    except subprocess.CalledProcessError as error:
        return _without(f"{compiler} failed: {_first_line(error.stderr)}")
    except (OSError, subprocess.SubprocessError) as error:
        return _without(f"compiling failed: {_first_line(str(error))}")


def _compile(compiler: str, flags: tuple[str, ...], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        sources = map(str, sorted(SOURCES.glob("*.c")))
        subprocess.run(
            [compiler, *flags, *sources, "-o", str(made), "-lm"],
            capture_output=True, text=True, timeout=_LONGEST, check=True,
        )  # fmt: skip
        made.replace(target)  # whole or not at all, whoever else compiles


def at(tensor: Tensor) -> int:
    """The address of the tensor's numbers, for a kernel."""
    assert tensor.is_contiguous(), "a kernel reads rows that lie together"
    return tensor.data_ptr()


def check(failed: int, what: str) -> None:
    """What a kernel returned: raises MemoryError if it found no room for the operands of `what`."""
    if failed:
        raise MemoryError(f"engine: no memory for the operands of {what}")


def parallel() -> int | None:
    """The address of GOMP_parallel in the OpenMP library that torch brought: kernels share its threads, since two
    libraries' would be in each other's way. None if there is none (then kernels of one thread alone are of use)."""
    try:
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    paths = {line.split(maxsplit=5)[-1] for line in mapped if "omp" in line}
    for path in sorted(path for path in paths if Path(path).name.startswith(("libgomp", "libomp", "libiomp"))):
        with suppress(OSError, AttributeError):
            return ctypes.cast(ctypes.CDLL(path).GOMP_parallel, ctypes.c_void_p).value
    return None


def _opened(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    for name, arguments in _ARGUMENTS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, _INT  # those that return nothing are not asked
    return library


def _without(why: str) -> Native:
    return Native(None, "", why)


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "no message")
