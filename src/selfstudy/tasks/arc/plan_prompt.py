"""How a model is asked for a plan: the puzzle's examples, then what may be chosen and the form of the reply.

As in the paper (appendix A) it sees the examples and not the queries, and the form with its values left open instead of
a worked example.
"""

from __future__ import annotations

from pathlib import Path

from selfstudy.domain.row import Segment
from selfstudy.tasks.arc.puzzle import Puzzle

_REQUEST = Path(__file__).parent / "prompts" / "plan.txt"
_SYSTEM = "Reply with what is asked for, and nothing else."


def plan_prompt(puzzle: Puzzle, between: str = " ") -> tuple[Segment, ...]:
    """A conversation that the assistant's plan is to follow on; `between` stands between a grid's digits."""
    shown = [
        f"Example {number}\nInput:\n{example.input.text(between)}\nOutput:\n{example.output.text(between)}"
        for number, example in enumerate(puzzle.train, start=1)
    ]
    request = _REQUEST.read_text(encoding="utf-8").strip()
    return (Segment("system", _SYSTEM, False), Segment("user", "\n\n".join([*shown, request]), False))
