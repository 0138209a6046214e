"""What torch finds on this machine, and how fast it multiplies."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf

import torch

from selfstudy.models.precision import has_bfloat16, pick_dtype

# The widths of the default model, the tokens of one of its training steps, and as many weights as it has layers:
# together they do not fit into a processor's cache, as in training.
_TOKENS, _NARROW, _WIDE, _LAYERS = 240, 576, 1536, 30
_OPERATIONS = 4 * _TOKENS * _NARROW * _WIDE  # two products, each with a multiplication and an addition

_PROBE_SECONDS = 1.5
_REFERENCE_SECONDS = 256.0
"""A job on three short documents with the default model, as RESULTS.md has it: two Zen 4 cores, bfloat16."""
_REFERENCE_RATE = 373e9
"""What `matrix_rate(torch.bfloat16)` gives there with two threads. Other work was running on the two cores, so the
figure was taken at real-time priority (`chrt -f 1`), twice: 372.5 and 374.3; one thread alone gave 207, float32 150."""


@dataclass(frozen=True)
class Compute:
    """`dtype` is what "auto" takes on the processor, `cuda` the names of the CUDA devices."""

    threads: int
    bfloat16: bool
    dtype: str
    cuda: tuple[str, ...]


def compute() -> Compute:
    """What torch would work with now."""
    cpu = torch.device("cpu")
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    return Compute(
        torch.get_num_threads(),
        has_bfloat16(cpu),
        str(pick_dtype("auto", cpu)).removeprefix("torch."),
        tuple(torch.cuda.get_device_name(index) for index in devices),
    )


def matrix_rate(dtype: torch.dtype, *, seconds: float = _PROBE_SECONDS) -> float:
    """Operations a second in matrix products of a training step's shapes on the processor, measured for `seconds`.

    For each layer the quickest of its turns counts, so that brief work elsewhere on the machine does not.
    """
    numbers = torch.Generator().manual_seed(0)
    states_TI = torch.randn(_TOKENS, _NARROW, generator=numbers).to(dtype)
    weights = [torch.randn(_WIDE, _NARROW, generator=numbers).to(dtype) for _ in range(_LAYERS)]
    quickest = [inf] * _LAYERS
    _forth_and_back(states_TI, weights[0])  # the first product of a process prepares the kernels
    end = time.perf_counter() + seconds
    turn = 0
    while turn == 0 or time.perf_counter() < end:
        begin = time.perf_counter()
        _forth_and_back(states_TI, weights[turn % _LAYERS])
        quickest[turn % _LAYERS] = min(quickest[turn % _LAYERS], time.perf_counter() - begin)
        turn += 1
    measured = [each for each in quickest if each < inf]
    return _OPERATIONS * len(measured) / sum(measured)


def learning_seconds() -> float:
    """About how long a job on three short documents takes with the default model on the processor.

    The reference job's time, scaled by the ratio of the matrix rates: an estimate, since a job is not products alone.
    """
    rate = matrix_rate(pick_dtype("auto", torch.device("cpu")))
    return _REFERENCE_SECONDS * _REFERENCE_RATE / rate


def _forth_and_back(states_TI: torch.Tensor, weight_OI: torch.Tensor) -> None:
    states_TI @ weight_OI.T @ weight_OI
