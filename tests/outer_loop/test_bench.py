"""The bench on a tiny model: recorded work is not done again, and the trained editor writes and lies below learners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.engine.contract import ScoreRequest
from selfstudy.outer_loop.bench import EngineBench, finished
from selfstudy.outer_loop.contract import Arm, Example
from selfstudy.outer_loop.editor import EditorState, Sampling, example_row
from selfstudy.outer_loop.exam import exam
from selfstudy.outer_loop.rewards import KEY_GAIN, KEY_RIGHT, PROBE_GAIN, get_reward
from selfstudy.outer_loop.trials import spending
from tests.inner_loop import small

T = TypeVar("T")
P, Q = Passage("d", "Lisk", "The lamp of Lisk is kept by Ines."), Passage("d", "Skarn", "Skarn has 143 steps.")
KEYS = {P.identity: (Question("Who keeps the lamp?", ("Ines",)),), Q.identity: (Question("How many steps?", ("143",)),)}
RECIPE = UpdateRecipe(rank=4, alpha=16, targets=ALL_LINEAR, learning_rate=1e-2, rows_per_step=2, epochs=3)
BASE = EditorState()


@dataclass
class Memory:
    """A journal in memory that counts what was made."""

    kept: dict[tuple[str, str], object] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        if (kind, key) not in self.kept:
            self.made.append(kind)
            self.kept[kind, key] = make()
        return self.kept[kind, key]  # type: ignore[return-value]

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        return self.once(kind, key, bytes, make)


@pytest.fixture(scope="module")
def bench() -> EngineBench:
    engine, form = small.engine()
    exams = {
        p.identity: exam(p, KEYS[p.identity], wrong=(other, KEYS[other.identity]), probe=(Question("Say a", ("a",)),))
        for p, other in ((P, Q), (Q, P))
    }
    return EngineBench(
        engine, form, Memory(), exams, {"default": RECIPE}, get_reward("key_likelihood"),
        Sampling(1.0, 0.95, 12), RECIPE, cohort=3, answer_tokens=4,
    )  # fmt: skip


def _fresh(bench: EngineBench, **changes: object) -> tuple[EngineBench, Memory]:
    memory = Memory()
    return replace(bench, journal=memory, **changes), memory


def test_samples_differ_and_the_same_call_writes_nothing_new(bench: EngineBench) -> None:
    mine, memory = _fresh(bench)
    first = mine.write(BASE, [P, Q], [Arm("rewrite")] * 2, 2, "r")
    again = mine.write(BASE, [P, Q], [Arm("rewrite")] * 2, 2, "r")
    assert first == again
    assert memory.made == ["texts"]
    assert len({c.completion for siblings in first for c in siblings}) == 4
    assert mine.write(BASE, [P], [Arm("rewrite")], 2, "other") != first[:1]
    assert first[0][0].edit.rows[-1].target == f"{P.title}\n{P.text}"


def test_every_cohort_is_told_with_its_self_edits_whether_recorded_or_not(bench: EngineBench) -> None:
    told: list[tuple[list[tuple[str, str]], float]] = []
    mine, _ = _fresh(
        bench,
        tried=lambda entries, found: told.append(([(e.identity, arm.name) for e, arm in entries], found.seconds)),
    )
    wanted = _candidates(mine)
    mine.try_out(BASE, wanted, 2, "r")
    names = [(c.edit.identity, c.arm.name) for c in wanted]
    assert [cohort for cohort, _ in told] == [names[i : i + 3] for i in range(0, len(names), 3)] * 2
    first, told = told.copy(), []
    replace(mine, tried=lambda entries, found: told.append(([], found.seconds))).try_out(BASE, wanted, 2, "r")
    assert [seconds for _, seconds in told] == [seconds for _, seconds in first]


def test_a_killed_trial_run_goes_on_to_the_same_rewards(bench: EngineBench) -> None:
    whole, _ = _fresh(bench)
    wanted = whole.try_out(BASE, _candidates(whole), 2, "r")

    class Killed(Memory):
        def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
            if kind == "trials" and self.made.count("trials") == 1 and (kind, key) not in self.kept:
                raise KeyboardInterrupt
            return super().once(kind, key, shape, make)

    killed = Killed()
    with pytest.raises(KeyboardInterrupt):
        replace(bench, journal=killed).try_out(BASE, _candidates(whole), 2, "r")
    memory = Memory(dict(killed.kept))
    found = replace(bench, journal=memory).try_out(BASE, _candidates(whole), 2, "r")
    assert found == wanted
    assert memory.made.count("trials") == 3  # four candidates in cohorts of three, two seeds; one was done


def _candidates(bench: EngineBench) -> list:  # type: ignore[type-arg]
    return [c for siblings in bench.write(BASE, [P, Q], [Arm("rewrite")] * 2, 2, "r") for c in siblings]


def test_learning_the_answer_is_rewarded_and_measures_are_as_asked(bench: EngineBench) -> None:
    right = SelfEdit(P.identity, "f", (Row.question_answer("Topic: Lisk\nWho keeps the lamp?", "Ines"),))
    wrong = SelfEdit(P.identity, "f", (Row.question_answer("Topic: Lisk\nWho keeps the lamp?", "Jost"),))
    mine, _ = _fresh(bench, recipes={"default": replace(RECIPE, epochs=40)})
    wanted = frozenset([KEY_GAIN, KEY_RIGHT, PROBE_GAIN])
    good, bad = mine.run_cohort(BASE, [(right, Arm("f")), (wrong, Arm("f"))], wanted, 0, "r").measured
    assert set(good.values) == wanted
    assert good.values[KEY_GAIN][0] > bad.values[KEY_GAIN][0]
    assert (good.said, good.values[KEY_RIGHT]) == (("Ines",), (1.0,))
    assert bad.values[KEY_RIGHT] == (0.0,)
    assert good.tokens > good.trained_tokens > 0


def test_an_edit_without_rows_failed_and_is_no_zero(bench: EngineBench) -> None:
    mine, _ = _fresh(bench)
    (found,) = mine.run_cohort(
        BASE, [(SelfEdit(P.identity, "f", ()), Arm("f"))], frozenset([KEY_GAIN]), 0, "r"
    ).measured
    assert found.failure == "self-edit: it has no rows"
    assert get_reward("key_likelihood")(found) is None


def test_teaching_makes_the_completion_likelier_and_chains(bench: EngineBench) -> None:
    mine, memory = _fresh(bench, editor_recipe=replace(RECIPE, epochs=20))
    taught = mine.teach(BASE, [Example("Prompt", ":", " oats")], "one")
    twice = mine.teach(taught, [Example("Prompt", ":", " tide")], "two")
    assert [len(state.adapters) for state in (taught, twice)] == [1, 2]
    assert len({"", taught.identity, twice.identity}) == 3

    def likely(state: EditorState, text: str) -> float:
        head = mine.form.plain("Prompt:")
        ids = mine.form.plain(f"Prompt:{text}")
        return mine.engine.score([ScoreRequest(ids, len(head), state.adapters)])[0].mean

    assert likely(taught, " oats") > likely(BASE, " oats")
    assert likely(twice, " tide") > likely(taught, " tide")
    again = mine.teach(BASE, [Example("Prompt", ":", " oats")], "one")
    assert again.identity == taught.identity
    assert memory.made == ["editor", "editor"]
    assert mine.teach(taught, [], "three") is taught


def test_the_editor_lies_below_the_learner(bench: EngineBench) -> None:
    mine, _ = _fresh(bench)
    taught = mine.teach(BASE, [Example("Prompt", ":", " oats")], "one")
    edit = SelfEdit(P.identity, "f", (Row.plain("Lisk\nInes."),))
    on_base, on_taught = (
        mine.run_cohort(state, [(edit, Arm("f"))], frozenset([KEY_GAIN]), 0, "r").measured[0]
        for state in (BASE, taught)
    )
    assert on_base.values != on_taught.values


def test_siblings_share_their_seed_and_stages_do_not(bench: EngineBench) -> None:
    mine, _ = _fresh(bench)
    edits = [SelfEdit(P.identity, name, (Row.plain("Lisk\nInes keeps it."),)) for name in "ab"]
    wanted = frozenset([KEY_GAIN])
    a, b = mine.run_cohort(BASE, [(edit, Arm("f")) for edit in edits], wanted, 0, "r").measured
    assert a == b
    other = mine.run_cohort(BASE, [(edits[0], Arm("f"))], wanted, 0, "report").measured[0]
    repeat = mine.run_cohort(BASE, [(edits[0], Arm("f"))], wanted, 1, "r").measured[0]
    assert len({found.values[KEY_GAIN] for found in (a, other, repeat)}) == 3


@pytest.mark.parametrize(("budget", "steps", "epochs"), [(0, None, 3), (60, 3, 2), (1, 1, 1)])
def test_tokens_to_spend_become_steps(bench: EngineBench, budget: int, steps: int | None, epochs: int) -> None:
    rows = [bench.form.encode(Row.plain("x" * 10))] * 4  # ten bytes and the end: 10 trained after the first
    assert {len(row.trained) for row in rows} == {10}
    found = spending(RECIPE, rows, budget)
    assert (found.max_steps, found.epochs) == (steps, epochs)


@pytest.mark.parametrize("chat", [False, True])
def test_what_is_taught_goes_on_where_writing_begins(bench: EngineBench, chat: bool) -> None:
    mine, sampling = bench, replace(bench.sampling, chat=chat)
    begun = example_row(mine.form, sampling, Example("Told this.\n", "Cue:\n1.", ""))
    whole = example_row(mine.form, sampling, Example("Told this.\n", "Cue:\n1.", " Oats are ground.", 0.5))
    assert whole.ids[: len(begun.ids)] == begun.ids
    assert not begun.trained
    assert whole.trained == tuple(range(len(begun.ids), len(begun.ids) + len(whole.trained)))
    assert {whole.weights[i] for i in whole.trained} == {0.5}
    assert mine.form.decode([whole.ids[i] for i in whole.trained]) == " Oats are ground."
    assert example_row(mine.form, sampling, Example("Told this.\n", "", "")).ids != begun.ids


def test_a_line_that_was_cut_off_is_left_out() -> None:
    assert finished("1. It is old.\n2. It gri", False) == "1. It is old."
    assert finished("1. It is old.\n2. It gri", True) == "1. It is old.\n2. It gri"
    assert finished("It is o", False) == "It is o"
    assert finished("\nIt is o", False) == "\nIt is o"
