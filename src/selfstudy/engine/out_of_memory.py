"""Going on with less at once when memory does not suffice."""

from __future__ import annotations

import warnings

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """True for an accelerator's own error and for what the processor's allocator raises, a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def say_less(call: str, before: str, after: str) -> None:
    """Warn that `call` goes on with less, and hand cached memory back."""
    warnings.warn(f"{call}: out of memory with {before} at once; going on with {after}", RuntimeWarning, stacklevel=2)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
