"""What to do when memory runs out: less at once, said aloud; in training fewer slots first, shorter passes then."""

from __future__ import annotations

import warnings

import torch


class OutOfMemoryWarning(RuntimeWarning):
    """Memory did not hold what was asked for; the work goes on with less at once."""


def is_out_of_memory(error: BaseException) -> bool:
    """True for a GPU's out of memory, Python's, and the message of torch's allocator on the processor."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def say_less(call: str, before: str, after: str) -> None:
    """Warn that `call` goes on with less, and hand cached memory back."""
    warnings.warn(
        f"{call}: out of memory with {before} at once; going on with {after}", OutOfMemoryWarning, stacklevel=2
    )
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def less(slots: int, tokens_in_flight: int, longest: int) -> tuple[int, int]:
    """The next smaller number of slots, or of tokens of a pass, with a warning; a row of `longest` tokens stays whole.

    Raises:
        MemoryError: one slot and one row a pass is what it was.
    """
    if slots > 1:
        warnings.warn(
            f"train: out of memory with {slots} adapters at once; those at work begin again, {slots // 2} at once",
            OutOfMemoryWarning, stacklevel=3,
        )  # fmt: skip
        return slots // 2, tokens_in_flight
    if tokens_in_flight > longest:
        shorter = max(longest, tokens_in_flight // 2)
        warnings.warn(
            f"train: out of memory with {tokens_in_flight} tokens a pass; the adapter begins again, with {shorter}",
            OutOfMemoryWarning, stacklevel=3,
        )  # fmt: skip
        return 1, shorter
    raise MemoryError(
        f"train: one adapter with one row of {longest} tokens a pass is more than memory holds; "
        "take a lower rank, fewer target modules, shorter passages or a smaller model"
    )


def release(device: torch.device) -> None:
    """Give what torch keeps in reserve back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
