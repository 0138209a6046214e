"""How grids are written for a model, and which tokens may come next in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.engine.contract import AllowedTokens
from selfstudy.tasks.arc.grid import LARGEST, NUM_COLOURS, Grid

_DIGITS = "".join(map(str, range(NUM_COLOURS)))


@dataclass(frozen=True)
class GridForm:
    """`between` stands between the digits of a row: nothing where the tokenizer keeps digits apart, else a space.

    `digits` and `line_end` are the ids of the ten digits and of a line's end, `end` that of the reply's end. Without
    `digits` decoding cannot be constrained.
    """

    between: str
    end: int
    digits: tuple[int, ...] = ()
    line_end: int = -1

    def text(self, grid: Grid) -> str:
        return grid.text(self.between)


def grid_form(form: PromptForm) -> GridForm:
    """The shortest form in which each cell and each line's end is a token of its own.

    SmolLM2 and Qwen keep digits apart, so that a space between them would only be one more token a cell; tokenizers
    that take several digits as one token need it.
    """
    ids = form.plain(f"{_DIGITS}\n{_DIGITS}")[len(form.plain("")) :]
    if len(ids) == 2 * NUM_COLOURS + 1 and ids[:NUM_COLOURS] == ids[NUM_COLOURS + 1 :] and len(set(ids)) == 11:
        return GridForm("", form.end_of_turn, ids[:NUM_COLOURS], ids[NUM_COLOURS])
    return GridForm(" ", form.end_of_turn)


def grid_tokens(form: GridForm) -> AllowedTokens | None:
    """The ids that may follow so that a grid comes out: rows of equal length, then the end. None: nothing is known."""
    if not form.digits:
        return None

    def allowed(ids: Sequence[int]) -> Sequence[int]:
        ends = [place for place, index in enumerate(ids) if index == form.line_end]
        cells = len(ids) - (ends[-1] + 1 if ends else 0)
        if cells == 0 or (ends and cells < ends[0]):
            return form.digits
        after_row = (form.end,) if len(ends) == LARGEST - 1 else (form.line_end, form.end)
        return after_row if ends or cells == LARGEST else (*form.digits, *after_row)

    return allowed


def most_answer_tokens(form: GridForm, grids: Sequence[Grid]) -> int:
    """A bound on an answer's tokens, its end included: twice the largest of the puzzle's own `grids`, or any grid."""
    per_cell = 1 if form.digits else 2
    largest = max(grid.height * (grid.width + 1) for grid in grids)
    return per_cell * min(2 * largest, LARGEST * (LARGEST + 1)) + 1
