"""The bench on a tiny model: recorded work is not done again, and the trained editor writes and lies below learners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from selfstudy.domain.directives import Directives
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.update import Update
from selfstudy.engine.contract import ScoreRequest, TrainJob
from selfstudy.outer_loop.bench import EngineBench, finished
from selfstudy.outer_loop.contract import Arm, Example
from selfstudy.outer_loop.editor import EditorState, Sampling, example_row
from selfstudy.outer_loop.exam import exam
from selfstudy.outer_loop.rewards import KEY_GAIN, KEY_RIGHT, PROBE_GAIN, get_reward
from selfstudy.outer_loop.trials import Cohort, spending
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
        engine, form, Memory(), exams, {"default": Update(RECIPE)}, get_reward("key_likelihood"),
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


def test_every_cohort_is_told_whether_recorded_or_not(bench: EngineBench) -> None:
    told: list[Cohort] = []
    mine, _ = _fresh(bench, tried=told.append)
    wanted = _candidates(mine)
    found = mine.try_out(BASE, wanted, 2, "r")
    sizes = [len(wanted[i : i + 3]) for i in range(0, len(wanted), 3)] * 2
    assert [len(cohort.measured) for cohort in told] == sizes
    trained = [each.trained_tokens for cohort in told for each in cohort.measured]
    by_seed = zip(trained[: len(wanted)], trained[len(wanted) :], strict=True)
    assert [each.trained_tokens for each in found] == list(by_seed)
    mine.try_out(BASE, wanted, 2, "r")
    assert told[len(sizes) :] == told[: len(sizes)]


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


def test_racing_tries_few_and_what_is_recorded_is_not_done_again(bench: EngineBench) -> None:
    """Of four self-edits of a passage the one that mentions no answer is not trained."""
    told: list[Cohort] = []
    mine, memory = _fresh(bench, race_tokens=(0, 60), tried=told.append)
    said = ["Ines keeps it.", "Ines does.", "Nobody keeps it.", "It is kept by Ines."]
    wanted = [
        replace(c, edit=replace(c.edit, passage=P.identity, rows=(Row.plain(text),)))
        for c, text in zip(_candidates(mine), said, strict=True)
    ]
    found = mine.try_out(BASE, wanted, 3, "r")
    assert [len(each.rewards) for each in found] == [1, 1, 0, 1]
    assert [each.value is None for each in found] == [False, False, True, False]
    assert [abs(each.trained_tokens - 60) < 15 for cohort in told for each in cohort.measured] == [True] * 3
    again = Memory(dict(memory.kept))
    assert replace(bench, journal=again, race_tokens=(0, 60)).try_out(BASE, wanted, 3, "r") == found
    assert again.made == []


def test_a_rung_takes_steps_of_as_many_rows_as_it_is_told(bench: EngineBench) -> None:
    """Half the rows a step, twice the steps, the same tokens; the bench that does not race stays as it is."""
    steps = {}
    for rows in (None, 1):
        told: list[Cohort] = []
        mine, _ = _fresh(bench, race_tokens=(60,), race_rows=rows, tried=told.append)
        wanted = [replace(c, edit=replace(c.edit, passage=P.identity)) for c in _candidates(mine)]
        mine.try_out(BASE, wanted, 3, "r")
        of_rows = {update.recipe.rows_per_step for update in mine.rung(60).updates.values()}
        assert of_rows == ({1} if rows else {u.recipe.rows_per_step for u in bench.updates.values()})
        steps[rows] = sum(each.steps for cohort in told for each in cohort.measured)
    assert steps[1] > steps[None]


def _candidates(bench: EngineBench) -> list:  # type: ignore[type-arg]
    return [c for siblings in bench.write(BASE, [P, Q], [Arm("rewrite")] * 2, 2, "r") for c in siblings]


def test_learning_the_answer_is_rewarded_and_measures_are_as_asked(bench: EngineBench) -> None:
    right = SelfEdit(P.identity, "f", (Row.question_answer("Topic: Lisk\nWho keeps the lamp?", "Ines"),))
    wrong = SelfEdit(P.identity, "f", (Row.question_answer("Topic: Lisk\nWho keeps the lamp?", "Jost"),))
    mine, _ = _fresh(bench, updates={"default": Update(replace(RECIPE, epochs=40))})
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


EDIT = SelfEdit(P.identity, "f", tuple(Row.plain(f"Lisk\nInes keeps {what}.") for what in ("it", "the lamp", "oil")))


def _directed(**asked: object) -> SelfEdit:
    return replace(EDIT, directives=Directives(**asked))  # type: ignore[arg-type]


def test_what_a_self_edit_asks_for_is_obeyed_counted_and_recorded(bench: EngineBench) -> None:
    mine, memory = _fresh(bench)
    wanted = frozenset([KEY_GAIN])
    edits = [EDIT, _directed(epochs=6), _directed(learning_rate=1e-3), _directed(rule="distil")]
    usual, longer, slower, distilled = (
        mine.run_cohort(BASE, [(edit, Arm("f"))], wanted, 0, "r").measured[0] for edit in edits
    )
    # Three rows, two a step: two steps an epoch.
    assert [each.steps for each in (usual, longer, slower, distilled)] == [6, 12, 6, 6]
    assert longer.trained_tokens == 2 * usual.trained_tokens == 2 * slower.trained_tokens
    assert distilled.trained_tokens == usual.trained_tokens
    assert len({each.values[KEY_GAIN] for each in (usual, longer, slower, distilled)}) == 4
    # The teacher reads passage and row once for each of the three rows.
    read = sum(len(mine.form.encode(row, P.context).ids) for row in EDIT.rows)
    assert distilled.tokens == usual.tokens + read
    assert memory.made.count("trials") == 4
    mine.run_cohort(BASE, [(_directed(epochs=6), Arm("f"))], wanted, 0, "r")
    assert memory.made.count("trials") == 4
    by_recipe, _ = _fresh(bench, updates={"default": Update(replace(RECIPE, epochs=6))})
    assert by_recipe.run_cohort(BASE, [(EDIT, Arm("f"))], wanted, 0, "r").measured[0] == longer


def test_a_longer_trained_self_edit_pays_for_it(bench: EngineBench) -> None:
    free, dear = get_reward("key_likelihood"), get_reward("key_likelihood", cost=1.0)
    mine, _ = _fresh(bench)
    usual, longer = mine.run_cohort(
        BASE, [(EDIT, Arm("f")), (_directed(epochs=20), Arm("f"))], free.needs, 0, "r"
    ).measured
    for measured in (usual, longer):
        plain, priced = free(measured), dear(measured)
        assert plain is not None
        assert priced is not None
        assert plain.value - priced.value == pytest.approx(measured.tokens / 1000)
    assert longer.tokens > 6 * usual.tokens
    # With tokens to spend both are trained alike, whatever epochs they ask for.
    equal, _ = _fresh(bench, train_tokens=60)
    a, b = equal.run_cohort(BASE, [(EDIT, Arm("f")), (_directed(epochs=20), Arm("f"))], free.needs, 0, "r").measured
    assert (a.steps, a.trained_tokens, a.values) == (b.steps, b.trained_tokens, b.values)


def test_an_arm_gives_its_directives_and_without_any_the_text_keeps_its_own(bench: EngineBench) -> None:
    mine, _ = _fresh(bench)
    arms = [Arm("rewrite", directives=Directives(epochs=2)), Arm("rewrite")]
    (given,), (free,) = mine.write(BASE, [P, P], arms, 1, "r")
    assert (given.edit.directives, free.edit.directives) == (Directives(epochs=2), Directives())
    assert given.completion == free.completion
    found = mine.try_out(BASE, [given, free], 2, "r")
    assert [len(each.trained_tokens) for each in found] == [2, 2]
    assert 1.5 * found[0].trained_tokens[0] == found[1].trained_tokens[0]  # two epochs, three by the recipe
    assert [arm.name for arm in arms] == ["rewrite (epochs: 2)", "rewrite"]


def test_what_is_impossible_is_an_outcome_with_its_reason(bench: EngineBench) -> None:
    mine, _ = _fresh(bench)
    # A random model writes no directives.
    (written,) = mine.write(BASE, [P], [Arm("rewrite_directed")], 2, "r")
    found = mine.try_out(BASE, written, 1, "r")
    assert [each.value for each in found] == [None, None]
    assert all(each.failures[0].startswith("directives: ") for each in found)
    assert [each.trained_tokens for each in found] == [(), ()]


def test_the_teacher_has_the_editor_below_it_too(bench: EngineBench) -> None:
    mine, _ = _fresh(bench, updates={"default": Update(replace(RECIPE, learning_rate=1e-5, epochs=1), "distil")})
    taught = mine.teach(BASE, [Example("Prompt", ":", " oats")], "one")
    seen: list[ScoreRequest] = []

    class Watching:
        def __getattr__(self, name: str) -> object:
            return getattr(mine.engine, name)

        def score(self, requests: list[ScoreRequest], top_k: int = 0) -> object:
            seen.extend(requests if top_k else [])
            return mine.engine.score(requests, top_k)

    watched = replace(mine, engine=Watching())  # type: ignore[arg-type]
    watched.run_cohort(taught, [(EDIT, Arm("f")), (EDIT, Arm("f"))], frozenset([KEY_GAIN]), 0, "r")
    assert len(seen) == 6  # both self-edits' rows in one cohort
    assert {request.adapters for request in seen} == {taught.adapters}


@pytest.mark.parametrize(("budget", "steps", "epochs"), [(0, None, 3), (60, 3, 2), (1, 1, 1)])
def test_tokens_to_spend_become_steps(bench: EngineBench, budget: int, steps: int | None, epochs: int) -> None:
    rows = [bench.form.encode(Row.plain("x" * 10))] * 4  # ten bytes and the end: 10 trained after the first
    assert {len(row.trained) for row in rows} == {10}
    found = spending(RECIPE, rows, budget)
    assert (found.max_steps, found.epochs) == (steps, epochs)


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_few_rows_are_trained_on_as_many_tokens_as_many(bench: EngineBench, count: int) -> None:
    """An epoch's last step holds fewer rows; of a self-edit of one row, every step."""
    rows = tuple(bench.form.encode(Row.plain("x" * 10)) for _ in range(count))  # 10 trained each
    told = 360
    (result,) = bench.engine.train([TrainJob(rows, spending(replace(RECIPE, rows_per_step=4), rows, told), seed=3)])
    assert abs(result.trained_tokens - told) <= 4 * 10 / 2


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
