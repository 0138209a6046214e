"""Runs pairs of puzzle and plan in cohorts, each recorded whole, and never a pair twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from selfstudy.domain.identity import content_hash
from selfstudy.domain.journal import Journal
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.engine.contract import EngineContract
from selfstudy.tasks.arc.adapt import AdaptSettings
from selfstudy.tasks.arc.answer import AnswerSettings
from selfstudy.tasks.arc.grid import Grid
from selfstudy.tasks.arc.grid_tokens import GridForm
from selfstudy.tasks.arc.outcome import Pair, PuzzleOutcome, run_pairs
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import plan_text
from selfstudy.tasks.arc.prompt import query_prompt
from selfstudy.tasks.arc.puzzle import Puzzle

KIND = "arc cohort"
"""Under which the journal has the outcomes of a cohort."""


@dataclass
class Bench:
    """`cohort` pairs are trained and asked together; `say` is told how far it is.

    What is recorded depends on the pairs of the cohort, base, arithmetic and settings. `cohorts` are the keys of those
    that were needed so far, whichever run recorded them.
    """

    engine: EngineContract
    form: PromptForm
    grids: GridForm
    adapting: AdaptSettings
    answering: AnswerSettings
    journal: Journal
    cohort: int = 16
    say: Callable[[str], None] = lambda text: None
    cohorts: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], PuzzleOutcome] = field(default_factory=dict)

    def run(self, pairs: Sequence[Pair], stage: str) -> list[PuzzleOutcome]:
        """One outcome a pair, in order."""
        wanted = {_key(pair): pair for pair in pairs}
        missing = [pair for key, pair in wanted.items() if key not in self._known]
        for start in range(0, len(missing), self.cohort):
            part = missing[start : start + self.cohort]
            outcomes = self._once(part)
            self._known.update(zip(map(_key, part), outcomes, strict=True))
            self.say(f"{stage}: {start + len(part)} of {len(missing)}")
        return [self._known[key] for key in map(_key, pairs)]

    def texts(
        self, kind: str, about: Sequence[str], make: Callable[[], tuple[tuple[str, ...], ...]]
    ) -> tuple[tuple[str, ...], ...]:
        """Texts, recorded under a key over `about`, base and arithmetic."""
        key = content_hash(kind, self.engine.identity, self.engine.arithmetic, *about)
        return self.journal.once(kind, key, tuple[tuple[str, ...], ...], make)

    def record(self, kind: str, about: Sequence[str], make: Callable[[], bytes]) -> bytes:
        """A blob, under a key over `about`, base and arithmetic."""
        key = content_hash(kind, self.engine.identity, self.engine.arithmetic, *about)
        return self.journal.once_bytes(kind, key, make)

    def _once(self, part: Sequence[Pair]) -> tuple[PuzzleOutcome, ...]:
        about = [text for puzzle, plan in part for text in (repr(puzzle), "" if plan is None else plan_text(plan))]
        instruction = repr(query_prompt((), Grid(((0,),))))
        settings = (instruction, repr(self.grids), repr(self.adapting), repr(self.answering))
        key = content_hash(KIND, self.engine.identity, self.engine.arithmetic, *settings, *about)
        self.cohorts.append(key)
        return self.journal.once(KIND, key, tuple[PuzzleOutcome, ...], lambda: self._made(part))

    def _made(self, part: Sequence[Pair]) -> tuple[PuzzleOutcome, ...]:
        return run_pairs(self.engine, self.form, self.grids, part, self.adapting, self.answering)


def _key(pair: tuple[Puzzle, Plan | None]) -> tuple[str, str]:
    puzzle, plan = pair
    return puzzle.id, "" if plan is None else plan_text(plan)
