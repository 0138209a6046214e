"""Training tasks from a puzzle's own examples: one is held out to be answered, some are left out besides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

from selfstudy.domain.identity import content_hash
from selfstudy.tasks.arc.grid import Grid
from selfstudy.tasks.arc.puzzle import Example
from selfstudy.tasks.arc.transforms import Ordering, Transform


@dataclass(frozen=True)
class TrainingTask:
    """`held_out` is to be answered from the examples in `context`. `origin` names what made it, for reports."""

    context: tuple[Example, ...]
    held_out: Example
    origin: str = field(default="", compare=False)

    @property
    def examples(self) -> tuple[Example, ...]:
        """All of them, the held-out one last."""
        return (*self.context, self.held_out)

    @property
    def grids(self) -> tuple[Grid, ...]:
        return tuple(grid for example in self.examples for grid in (example.input, example.output))

    @cached_property
    def identity(self) -> str:
        """Of the grids in their order; not of what made them."""
        return content_hash("training task", *(grid.identity for grid in self.grids))

    def transformed(self, transform: Transform) -> TrainingTask:
        """Every grid transformed alike. Raises ValueError with the transform's name where it does not apply."""
        *context, held_out = (Example(transform.apply(e.input), transform.apply(e.output)) for e in self.examples)
        return TrainingTask(tuple(context), held_out, f"{self.origin}+{transform.name}")

    def reordered(self, ordering: Ordering) -> TrainingTask:
        """The context in another order."""
        return replace(self, context=ordering.apply(self.context), origin=f"{self.origin}+{ordering.name}")


def leave_out(examples: tuple[Example, ...], num_left_out: int) -> tuple[TrainingTask, ...]:
    """Each example held out once for every choice of `num_left_out` - 1 further ones that are left out as well.

    Leave-one-out of n examples gives n tasks, leave-two-out n (n - 1) (paper, appendix A). An example that stands there
    twice counts once, or its answer would stand in the context; without an example left for the context there is none.

    Raises:
        ValueError: `num_left_out` is below 1.
    """
    if num_left_out < 1:
        raise ValueError(f"leave out: {num_left_out} must be at least 1, the example that is held out")
    distinct = tuple(dict.fromkeys(examples))
    num_context = len(distinct) - num_left_out
    if num_context < 1:
        return ()
    return tuple(
        TrainingTask(context, held_out, f"leave_{num_left_out}_out")
        for place, held_out in enumerate(distinct)
        for context in combinations(distinct[:place] + distinct[place + 1 :], num_context)
    )
