"""The whole experiment on a tiny model: all conditions come out, and a killed run ends as an unbroken one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from selfstudy.cli.arc_findings import remarks
from selfstudy.domain.journal import Journal, Unrecorded
from selfstudy.models.vocabulary import token_bytes
from selfstudy.store.open import open_store
from selfstudy.tasks.arc import bench as bench_module
from selfstudy.tasks.arc.adapt import AdaptSettings
from selfstudy.tasks.arc.answer import AnswerSettings
from selfstudy.tasks.arc.bench import Bench
from selfstudy.tasks.arc.constrained import plan_tokens
from selfstudy.tasks.arc.editor import EditorSettings
from selfstudy.tasks.arc.experiment import (
    AFTER,
    ALL,
    BANDIT,
    BASIC,
    BEFORE,
    BEST_FIXED,
    IN_CONTEXT,
    TRIED,
    Findings,
    Tell,
    run,
)
from selfstudy.tasks.arc.outcome import Pair, PuzzleOutcome
from selfstudy.tasks.arc.plan_json import plan_text
from selfstudy.tasks.arc.presets import Preset
from selfstudy.tasks.arc.summary import compare_gains, condition, frequencies
from tests.tasks.arc import small

T = TypeVar("T")
LEARN, REPORT = [small.SEVENS, small.FOURS], [small.constant("eights", 8), small.constant("twos", 2)]
PRESET = Preset(
    "tiny", arms=("plain", "basic"), samples_learn=2, samples_report=1, cohort=3, fewest_solved=9,
    adapting=AdaptSettings(small.RECIPE, budget=3000), answering=AnswerSettings(num_views=1),
    editor=EditorSettings(replace(small.RECIPE, learning_rate=1e-2, epochs=1)),
)  # fmt: skip


class OutOfTime(Exception):
    """Raised in place of the next piece of work."""


@dataclass
class Stopping:
    """A journal that begins `left` pieces of work and no more."""

    journal: Journal
    left: int

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        return self.journal.once(kind, key, shape, lambda: self._made(make))

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        return self.journal.once_bytes(kind, key, lambda: self._made(make))

    def _made(self, make: Callable[[], T]) -> T:
        if self.left == 0:
            raise OutOfTime
        self.left -= 1
        return make()


def _run(journal: Journal, tell: Tell = lambda *_: None, say: Callable[[str], None] = lambda _: None) -> Findings:
    pytest.importorskip("llguidance")
    engine, form, grids = small.engine()
    allowed = plan_tokens(token_bytes(form.tokenizer), form.end_of_turn, form.encoder.text)
    bench = Bench(engine, form, grids, PRESET.adapting, PRESET.answering, journal, PRESET.cohort)
    return run(bench, allowed, LEARN, REPORT, PRESET, say=say, tell=tell)


@cache
def _unbroken() -> Findings:
    return _run(Unrecorded())


def test_every_condition_comes_out() -> None:
    found = _unbroken()
    assert list(found.conditions) == [IN_CONTEXT, BASIC, ALL, BEST_FIXED, BANDIT, BEFORE, AFTER]
    for outcomes in found.conditions.values():
        assert list(outcomes) == ["eights", "twos"]
        assert all(len(of) == 1 for of in outcomes.values())
    assert found.conditions[BEST_FIXED]["twos"][0].plan == found.arms[found.best_arm]["sevens"][0].plan
    assert all(len(of) == 2 for of in found.tried.values())
    assert found.bandit_pulls == 2
    assert found.accepted.rule == "gain"
    assert found.editor_taught == bool(found.accepted.outcomes)


def test_where_no_fixed_plan_works_none_is_reported_as_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(engine: object, form: object, grids: object, pairs: Sequence[Pair], *rest: object) -> object:
        return tuple(
            PuzzleOutcome(puzzle.id, plan_text(plan), failure="plan: over budget")
            if plan
            else PuzzleOutcome(puzzle.id, "")
            for puzzle, plan in pairs
        )

    monkeypatch.setattr(bench_module, "run_pairs", failed)
    seen: list[str] = []
    found = _run(Unrecorded(), say=seen.append)
    assert (found.best_arm, found.bandit_arm) == (None, None)
    assert list(found.conditions) == [IN_CONTEXT, BASIC, ALL, BEFORE, AFTER]
    none = "none, as none of them worked"
    assert f"best fixed plan: {none}; the bandit's, after 2 of 4 trials: {none}" in seen
    assert (
        remarks(found)[0] == f"best fixed plan, chosen on other puzzles: {none}; the bandit's, after 2 trials: {none}"
    )


def test_every_part_is_told_as_it_is_done() -> None:
    seen: list[tuple[str, str]] = []
    found = _run(Unrecorded(), lambda part, name, outcomes: seen.append((part, name)) if outcomes else None)
    assert seen == [
        ("fixed plan", "plain"), ("fixed plan", "basic"), ("condition", IN_CONTEXT), ("condition", BASIC),
        ("condition", ALL), ("condition", BEST_FIXED), ("condition", BANDIT), ("condition", BEFORE), ("round", TRIED),
        ("condition", AFTER),
    ]  # fmt: skip
    assert found == _unbroken()


def test_a_run_that_stops_goes_on_to_the_same_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    whole = bench_module.run_pairs
    monkeypatch.setattr(
        bench_module, "run_pairs", lambda *given: (made.append(len(given[3])), whole(*given))[1]
    )  # fmt: skip
    parts = 0
    while True:
        with open_store(tmp_path / "home") as store:
            try:
                found = _run(Stopping(store.journal, 3))
                break
            except OutOfTime:
                parts += 1
        assert parts < 20
    assert parts >= 2
    assert asdict(found) == asdict(_unbroken())
    # Nothing was done twice: what is reported, learned on and written adds up once.
    distinct = {(o.puzzle, o.plan) for of in _every(found) for o in of}
    assert sum(made) == len(distinct)


def _every(found: Findings):  # type: ignore[no-untyped-def]
    for outcomes in (*found.conditions.values(), *found.arms.values(), found.tried):
        yield from outcomes.values()


def test_findings_become_numbers() -> None:
    found = _unbroken()
    alone = condition(found.conditions[IN_CONTEXT])
    assert (alone.gain.value, alone.tokens, alone.failures) == (0.0, 0.0, {})
    assert alone.solved.n == alone.num_plans == 2
    basic = condition(found.conditions[BASIC])
    assert basic.gain.value != 0
    assert basic.tokens > basic.trained_tokens > 0
    assert compare_gains(found.conditions[BASIC], found.conditions[IN_CONTEXT]).difference.value == basic.gain.value
    of_plans = frequencies(each for of in found.tried.values() for each in of)
    assert of_plans is not None
    assert of_plans.num == 4
    assert set(of_plans.switches) == {"basic", "size", "chain", "repeat"}
    assert sum(of_plans.strategies.values()) == pytest.approx(1)
    assert frequencies(found.conditions[IN_CONTEXT]["twos"]) is None
