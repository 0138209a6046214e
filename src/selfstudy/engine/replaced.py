"""Other forwards for modules of the base, while a block runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn

Forward = Callable[[Tensor], Tensor]


@contextmanager
def replaced(forwards: Iterable[tuple[nn.Module, Forward]]) -> Iterator[None]:
    """Within the block, each module computes the forward beside it; each stands here once."""
    modules = []
    try:
        for module, forward in forwards:
            # An attribute of the instance hides the class's method until it is deleted again.
            module.forward = forward
            modules.append(module)
        yield
    finally:
        for module in modules:
            del module.forward
