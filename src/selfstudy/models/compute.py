"""What torch finds on this machine, and how fast it multiplies."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from math import inf

import torch

from selfstudy.models.precision import has_bfloat16, has_matrix_tiles, pick_dtype

# The widths of the default model, the tokens of one of its training steps, and as many weights as it has layers:
# together they do not fit into a processor's cache, as in training.
_TOKENS, _NARROW, _WIDE, _LAYERS = 240, 576, 1536, 30
_OPERATIONS = 4 * _TOKENS * _NARROW * _WIDE  # two products, each with a multiplication and an addition

MOST_LANES = 4
"""Each lane reads the base's weights for itself, so that many would wait for memory (not measured beyond 2)."""

_PROBE_SECONDS = 1.5
_REFERENCE_SECONDS = 212.0
"""A job on three short documents with the default model, as RESULTS.md has it: two Zen 4 cores, bfloat16."""
_REFERENCE_RATE = 373e9
"""What `matrix_rate(torch.bfloat16)` gives there with two threads. Other work was running on the two cores, so the
figure was taken at real-time priority (`chrt -f 1`), twice: 372.5 and 374.3; one thread alone gave 207, float32 150."""
_TRIAL_SECONDS = 8.7
"""`benchmarks/inner_loop.py` on such a machine, as RESULTS.md has it."""
_WITHOUT_KERNELS = 1.5
"""How many times as long both take where there is no C compiler, as RESULTS.md has it."""


@dataclass(frozen=True)
class Compute:
    """`lanes` is how many processes share a large call on the processor, `dtype` what "auto" takes there, `tiles`
    whether bfloat16 is multiplied in matrix tiles there, `cuda` the names of the CUDA devices."""

    threads: int
    lanes: int
    bfloat16: bool
    tiles: bool
    dtype: str
    cuda: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """Seconds of a job on three short documents, and of a trial: SEAL's recipe on one self-edit, all linear layers and
    its quiz, where sixteen are trained at once."""

    learning: float
    trial: float


def number_of_lanes(device: torch.device) -> int:
    """Processes that share a large call: one a thread of torch's, `MOST_LANES` at most.

    One on a GPU, which has one queue for its work, and where forking is not safe.
    """
    safe = sys.platform == "linux" and device.type == "cpu" and not torch.cuda.is_available()
    return min(torch.get_num_threads(), MOST_LANES) if safe else 1


def compute() -> Compute:
    """What torch would work with now."""
    cpu = torch.device("cpu")
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    return Compute(
        torch.get_num_threads(),
        number_of_lanes(cpu),
        has_bfloat16(cpu),
        has_matrix_tiles(),
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


def expected_seconds(*, kernels: bool) -> Expected:
    """What takes about how long with the default model on this processor, with the engine's kernels in C or without.

    Times measured elsewhere, scaled by the ratio of the matrix rates: estimates, since a job is not products alone. A
    processor that multiplies several times as fast, in matrix tiles, gains nothing by it in all (RESULTS.md).
    """
    slower = max(1.0, _REFERENCE_RATE / matrix_rate(pick_dtype("auto", torch.device("cpu"))))
    slower *= 1.0 if kernels else _WITHOUT_KERNELS
    return Expected(_REFERENCE_SECONDS * slower, _TRIAL_SECONDS * slower)


def _forth_and_back(states_TI: torch.Tensor, weight_OI: torch.Tensor) -> None:
    states_TI @ weight_OI.T @ weight_OI
