"""The race of the reward study, on a bench whose trials are planned: who goes on, and who is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from selfstudy.domain.measured import Measured
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.contract import Arm, Candidate
from selfstudy.outer_loop.exam import Exam, exam
from selfstudy.tasks.squad.data import Item
from selfstudy.tasks.squad.meter import Meter
from selfstudy.tasks.squad.preset import RewardStudyTable
from selfstudy.tasks.squad.reward_study import RewardStudy, StudyResult

FULL, RUNGS = 2000, (300, 600)
FRESH = (0.4, 1.0, 2.0, 3.0)
"""What the four candidates are worth, for both passages."""


@dataclass(frozen=True)
class PlannedBench:
    """`rungs` has each candidate's reward at each budget of the race, None where that trial fails; in full each earns
    what it is worth."""

    rungs: Mapping[int, Sequence[float | None]]
    exams: Mapping[str, Exam]
    train_tokens: int = 0
    race_rows: int | None = None
    rows_of_rungs: list[int | None] = field(default_factory=list)

    def rung(self, tokens: int) -> PlannedBench:
        self.rows_of_rungs.append(self.race_rows)
        return replace(self, train_tokens=tokens)

    def say(self, text: str) -> None:
        assert text

    def write(self, editor: object, passages: Sequence[Passage], arms: Sequence[Arm], samples: int, stage: str) -> Any:
        return [
            [Candidate(a, s, "", "", "", SelfEdit(p.identity, a.form, (Row.plain(f"{p.title} {s}."),)))
             for s in range(samples)]
            for p, a in zip(passages, arms, strict=True)
        ]  # fmt: skip

    def cohorts(
        self, editor: object, entries: Sequence[tuple[SelfEdit, Arm]], wanted: object, repeat: int, stage: str
    ) -> Iterator[list[tuple[int, Measured]]]:
        found = []
        for place, (edit, _) in enumerate(entries):
            number = int(edit.rows[0].target.split()[-1].rstrip("."))
            worth = FRESH[number] if self.train_tokens == FULL else self.rungs[self.train_tokens][number]
            measured = (
                Measured(failure="engine: loss")
                if worth is None
                else Measured({"key_gain": (worth,)}, tokens=self.train_tokens, trained_tokens=1, steps=1)
            )
            found.append((place, measured))
        yield found


def _race(rungs: Mapping[int, Sequence[float | None]], answers: Sequence[str] = ()) -> StudyResult:
    key = tuple(Question("Which?", (answer,)) for answer in answers)
    items = [Item(Passage("squad", name, f"Of {name}."), key) for name in ("Warsaw", "Huguenots")]
    told = RewardStudyTable(passages=2, samples=4, seeds=2, train_tokens=FULL, race_tokens=tuple(rungs))
    bench = PlannedBench(rungs, {item.passage.identity: exam(item.passage, key) for item in items})
    *_, result = RewardStudy(cast("EngineBench", bench), Meter(), told, items).events()
    assert isinstance(result, StudyResult)
    return result


def _taken(rungs: Mapping[int, Sequence[float | None]], answers: Sequence[str] = ()) -> list[int]:
    return [each.sample for each in _race(rungs, answers).tried if each.accepted]


def test_the_race_is_by_the_key() -> None:
    """The worse half is out after the first rung, whatever it would have earned in the second."""
    assert _taken(dict(zip(RUNGS, ((0.0, 0.1, 1.0, 1.2), (9.0, 9.0, 1.0, 0.8)), strict=True))) == [2, 2]


def test_what_the_race_kept_and_cost() -> None:
    found = _race(dict(zip(RUNGS, ((0.0, 0.1, 1.0, 1.2), (0.0, 0.0, 1.0, 0.8)), strict=True))).race
    assert found is not None
    assert found.kept_of_full is not None
    assert found.kept_of_full.value == pytest.approx(0.4 / 1.4)  # the third: 2 - 1.6, of 3 - 1.6
    assert found.cost_ratio.value == pytest.approx((4 * 300 + 2 * 600) / (4 * 2000))


def test_a_rung_without_tokens_goes_by_what_rows_mention() -> None:
    """Rows are "TITLE NUMBER.": the first candidate mentions no answer and is out."""
    rungs: dict[int, tuple[float | None, ...]] = {0: (), 600: (9.0, 1.0, 0.9, 0.8)}
    assert _taken(rungs, ["1", "2", "3"]) == [1, 1]
    race = _race(rungs, ["1", "2", "3"]).race
    assert race is not None
    assert race.cost_ratio.value == pytest.approx(3 * 600 / (4 * 2000))


def test_rewards_that_were_not_told_are_not_looked_at() -> None:
    items = [Item(Passage("squad", name, f"Of {name}."), ()) for name in ("Warsaw", "Huguenots")]
    told = RewardStudyTable(passages=2, samples=4, seeds=2, train_tokens=FULL, race_tokens=(600,), rewards=("random",),
                            race_rows_per_step=2)  # fmt: skip
    bench = PlannedBench({600: (0.1, 0.2, 0.3, 0.4)}, {})
    *_, result = RewardStudy(cast("EngineBench", bench), Meter(), told, items).events()
    assert isinstance(result, StudyResult)
    assert [each.name for each in result.rewards] == ["random"]
    assert [each.sample for each in result.tried if each.accepted] == [3, 3]  # the race is by the key all the same
    assert bench.rows_of_rungs == [2]
