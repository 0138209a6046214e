"""Reproductions on a tiny model: the table, going on after a kill, runs that keep apart, and comparisons."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lxml import html

from selfstudy.api import carry_out as carrying
from selfstudy.api.compare import compare, read_rows
from selfstudy.api.reproduce import Plan, Reproduction, plan, reproduce
from selfstudy.api.run_folder import METRICS, ROWS, SETTINGS
from selfstudy.build import Workshop, build
from selfstudy.cli.reproduction_report import write_reproduction_report
from selfstudy.domain.directives import Directives
from selfstudy.domain.journal import Journal
from selfstudy.memory.study_settings import settings_for
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.trials import Cohort
from selfstudy.store.open import open_store
from selfstudy.tasks.squad.reward_study import StudyResult
from selfstudy.tasks.squad.rounds import RoundRecord
from selfstudy.tasks.squad.table import TableRow
from tests.api import homes

T = TypeVar("T")
PRESET = """
paper = "v1"
passages = 3
seeds = 1
forms = ["self_qa", "question_answer"]
notes = ["big"]
distilled = ["self_qa", "notes:big"]
cohort = 4
answer_tokens = 4
probe = 2
[sampling]
most_tokens = 24
chat = true
[recipes.default]
rank = 2
epochs = 1
rows_per_step = 4
[editor]
rank = 2
epochs = 1
[loop]
passages = 1
samples = 2
seeds = 1
reward = "key_likelihood"
retention = 0.1
[bandit]
forms = ["none", "questions", "rewrite_directed"]
directives = [{}, { epochs = 2, rule = "distil" }]
cost = 0.1
passages = 2
batch = 1
pulls = 4
[best_of]
samples = 2
reward = "cloze"
[reward]
passages = 3
form = "implications"
samples = 3
seeds = 2
train_tokens = 900
race_tokens = [200, 300]
"""
ROWS_WANTED = [
    "closed_book", "open_book", "bm25", "passage_only", "self_qa", "self_qa+distil", "question_answer",
    "wrong_passage", "notes:big", "notes:big+distil", "ours", "ours_wrong_passage", "rest_em_1",
    "rest_em_1_closed_book", "rest_em_2", "rest_em_2_closed_book", "bandit", "best_of_n", "random_choice",
]  # fmt: skip


def _entry(name: str, number: int) -> dict[str, object]:
    context = f"The ferry {name} was built in {1900 + number} by Ines {name}. It carries {number} passengers and a dog."
    questions = [
        {"question": f"When was the ferry {name} built?", "answer": str(1900 + number)},
        {"question": "Who built it?", "answer": f"Ines {name}"},
    ]
    return {"title": name, "context": context, "questions": questions}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reproduce")
    (folder / "p.toml").write_text(PRESET)
    (folder / "train.json").write_text(json.dumps([_entry(f"Orl{n}", n) for n in range(20, 24)]))
    (folder / "eval_200.json").write_text(json.dumps([_entry(f"Lisk{n}", n) for n in range(40, 43)]))
    notes = [[f"It is old.\nIt has {n} oars.", f"Lisk {n} is a ferry."] for n in range(3)]
    (folder / "self_edits_big.json").write_text(json.dumps(notes))
    return folder


@pytest.fixture(scope="module")
def shop(place: Path) -> Workshop:
    return build(str(homes.model_folder(place / "tiny")), dtype="float32")


@pytest.fixture(scope="module")
def told(place: Path) -> Plan:
    return plan("squad", str(place / "p.toml"), place, {"model": "tiny"})


@pytest.fixture(scope="module")
def whole(place: Path, shop: Workshop, told: Plan) -> Reproduction:
    return reproduce(told, shop, place / "whole", minutes=None, fresh=False)


def _table(found: Reproduction) -> list[tuple[object, ...]]:
    """All but what the clock says."""
    return [(row.name, row.answered, row.train_tokens, row.failed) for row in found.rows]


def test_every_row_and_round_is_there(whole: Reproduction) -> None:
    assert whole.done
    assert [row.name for row in whole.rows] == ROWS_WANTED
    assert [(each.algorithm, each.round) for each in whole.rounds] == [
        ("rest_em", 1), ("rest_em", 2), ("bandit", 1), ("bandit", 2), ("best_of_n", 1),
    ]  # fmt: skip
    rows = {row.name: row for row in whole.rows}
    assert all(row.num_questions == 6 and not row.failed for row in rows.values())
    assert rows["closed_book"].likelihood_gain.value == 0.0
    assert rows["open_book"].likelihood_gain.value not in (None, 0.0)
    assert [rows[name].train_tokens > 0 for name in ("closed_book", "passage_only")] == [False, True]
    assert rows["self_qa"].train_tokens > rows["passage_only"].train_tokens
    # An editor that was trained answers otherwise even before it studies.
    assert rows["rest_em_1_closed_book"].answered != rows["closed_book"].answered


def test_rounds_and_rows_say_what_their_trials_earned_and_cost(whole: Reproduction) -> None:
    rows = {row.name: row for row in whole.rows}
    assert rows["closed_book"].pace.trials == 0
    assert rows["self_qa"].pace.trials == 3
    assert 0 < (rows["self_qa"].pace.seconds or 0) * 3 <= rows["self_qa"].seconds + 0.01
    for each in whole.rounds:
        assert each.pace.trials == sum(candidate.trials for candidate in each.tried)
        assert all((candidate.tokens > 0) == (candidate.reward is not None) for candidate in each.tried)
        assert each.seconds >= sum(cohort.seconds for cohort in each.cohorts) - 0.01
    first, *_, best_of = whole.rounds
    assert all(candidate.tokens for candidate in (*first.tried, *best_of.tried))
    assert (first.reward, best_of.reward) == ("key_likelihood", "cloze")
    assert {candidate.title for candidate in first.tried} == {"Orl20"}
    assert {candidate.title for candidate in best_of.tried} == {"Lisk40", "Lisk41", "Lisk42"}
    assert sum(candidate.accepted for candidate in best_of.tried) == 3


def test_rows_of_the_own_notes_pay_for_writing_and_racing_them(place: Path, whole: Reproduction) -> None:
    with open_store(place / "whole") as store:
        taken = {kind: sum(unit.seconds for unit in store.journal.units(kind)) for kind in
                 ("quiz", "self_edits", "cohort", "base")}  # fmt: skip
        num_quizzes = len(store.journal.units("quiz"))
    assert num_quizzes == 3  # the loop's reward takes none; those of best_of_n are the notes' own
    least = taken["quiz"] + taken["self_edits"] + taken["cohort"]
    assert least > 0.05  # more than what rounding hides
    for row in whole.rows:
        if row.name in ("ours", "ours_wrong_passage"):
            own = row.seconds - sum(cohort.seconds for cohort in row.cohorts)
            # Bases are scored for the race's quizzes, and for exams, which no row pays for.
            assert least - 0.02 <= own <= least + taken["base"] + 0.02


def test_a_random_choice_pays_for_writing_one_of_its_candidates(whole: Reproduction) -> None:
    def written(of: TableRow | RoundRecord) -> float:
        return of.seconds - sum(cohort.seconds for cohort in of.cohorts)

    rows, best_of = {row.name: row for row in whole.rows}, whole.rounds[-1]
    samples = len(best_of.tried) / len({candidate.title for candidate in best_of.tried})
    assert best_of.algorithm == "best_of_n"
    assert samples > 1
    assert 0 < written(rows["random_choice"]) == pytest.approx(written(best_of) / samples, abs=0.02)


def test_a_run_that_has_ended_is_done(place: Path, whole: Reproduction) -> None:
    with open_store(place / "whole") as store:
        assert {run.state for run in store.runs.all() if run.id == whole.run} == {"done"}


def test_the_page_shows_the_run(told: Plan, whole: Reproduction) -> None:
    page = html.fromstring(write_reproduction_report(told, whole).read_text(encoding="utf-8"))
    found = [row.xpath("string(th)") for row in page.xpath("//section[@id='rows']//tbody/tr")]
    assert found == ROWS_WANTED
    assert len(page.xpath("//section[@id='spread']/div/details")) == 5
    tables = page.xpath("//section[@id='spread']//table")
    asking = [bool(table.xpath("thead//th[text()='asked for']")) for table in tables]
    assert asking == [False, False, *(any(each.directives for each in of.tried) for of in whole.rounds[2:4]), False]
    assert any(asking)
    facts = " ".join(page.xpath("//header//dd/text()"))
    assert whole.run[:12] in facts
    assert str(whole.settings["code"]) in facts


def test_a_distilled_row_is_its_twin_but_for_the_rule(whole: Reproduction, place: Path) -> None:
    rows = {row.name: row for row in whole.rows}
    for name in ("self_qa", "notes:big"):
        one, other = rows[name], rows[f"{name}+distil"]
        assert one.train_tokens == other.train_tokens
        assert [each.passage for each in one.answered] == [each.passage for each in other.answered]
        assert one.answered != other.answered
    found = compare(place / "whole", f"{whole.run}:self_qa+distil", f"{whole.run}:self_qa")
    assert [each.difference.num_passages for each in found] == [3, 3]


def test_every_trial_of_a_round_says_what_it_asked_for_and_what_came(whole: Reproduction) -> None:
    bandit = [trial for each in whole.rounds if each.algorithm == "bandit" for trial in each.tried]
    assert len(bandit) == 8
    ways = {trial.arm: trial for trial in bandit}
    assert len(ways) == 5  # every arm was pulled; the form that says its own directives is one
    longer, usual = ways["none (epochs: 2, rule: distil)"], ways["none"]
    assert (longer.directives, usual.directives) == (Directives(epochs=2, rule="distil"), Directives())
    assert longer.tokens > usual.tokens > 0
    assert None not in (longer.reward, usual.reward)
    failed = ways["rewrite_directed"]
    assert (failed.reward, failed.tokens, failed.failed) == (None, 0.0, 1)
    assert failed.failures[0].startswith("directives: ")
    metrics = [json.loads(line) for line in (whole.folder / METRICS).read_text().splitlines()]
    told = [t for m in metrics if m["event"] == "RoundRecord" and m["algorithm"] == "bandit" for t in m["tried"]]
    assert {"learning_rate": None, "epochs": 2, "rule": "distil"} in [trial["directives"] for trial in told]
    assert list(failed.failures) in [trial["failures"] for trial in told]


def test_a_run_keeps_what_it_was_told_and_what_happened(whole: Reproduction, shop: Workshop) -> None:
    settings = json.loads((whole.folder / SETTINGS).read_text())
    assert settings["base"] == shop.engine.identity
    assert settings["preset.loop"]["retention"] == 0.1
    assert settings["preset.editor"]["learning_rate"] == 1e-3
    assert len(settings["code"]) == 16
    metrics = [json.loads(line) for line in (whole.folder / METRICS).read_text().splitlines()]
    assert [m["name"] for m in metrics if m["event"] == "TableRow"] == ROWS_WANTED
    rounds = [m for m in metrics if m["event"] == "RoundRecord"]
    assert [len(m["tried"]) for m in rounds] == [2, 2, 4, 4, 6]
    assert settings["own_notes"]["quiz"] == settings_for(shop.engine.width).quiz
    assert tuple(read_rows(whole.folder).values()) == whole.rows


@dataclass
class Killing:
    """Stops the `after`th piece of work as a kill would."""

    journal: Journal
    after: int
    made: list[str] = field(default_factory=list)

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        return self.journal.once(kind, key, shape, self._counted(kind, make))

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        return self.journal.once_bytes(kind, key, self._counted(kind, make))

    def _counted(self, kind: str, make: Callable[[], T]) -> Callable[[], T]:
        def made() -> T:
            if len(self.made) == self.after:
                raise KeyboardInterrupt
            self.made.append(kind)
            return make()

        return made


@pytest.mark.parametrize("after", [12, 30])
def test_a_killed_run_goes_on_to_the_same_table(
    after: int, tmp_path: Path, shop: Workshop, told: Plan, whole: Reproduction, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    with monkeypatch.context() as patch:
        patch.setattr(carrying, "TimedJournal", lambda journal, until: Killing(journal, after))
        with pytest.raises(KeyboardInterrupt):
            reproduce(told, shop, home, minutes=None, fresh=False)
    said: list[str] = []
    found = reproduce(told, shop, home, minutes=None, fresh=False, say=said.append)
    assert _table(found) == _table(whole)
    assert any("going on with the run" in line for line in said)
    assert len(list((home / "runs").iterdir())) == 1


def test_when_the_minutes_are_over_nothing_new_begins(tmp_path: Path, shop: Workshop, told: Plan) -> None:
    found = reproduce(told, shop, tmp_path / "home", minutes=0.0, fresh=False)
    assert not found.done
    assert found.rows == ()


def test_a_second_run_has_a_folder_of_its_own_and_repeats_no_work(
    place: Path, shop: Workshop, told: Plan, whole: Reproduction
) -> None:
    before = (whole.folder / ROWS).read_bytes()
    again = reproduce(told, shop, place / "whole", minutes=0.0, fresh=False)
    assert again.done  # all work is on record, no time is needed
    assert again.folder != whole.folder
    assert again.rows == whole.rows
    assert (whole.folder / ROWS).read_bytes() == before


def test_an_unfinished_run_with_other_settings_is_not_mixed_up(
    tmp_path: Path, place: Path, shop: Workshop, told: Plan
) -> None:
    reproduce(told, shop, tmp_path / "home", minutes=0.0, fresh=False)
    other = plan("squad", str(place / "p.toml"), place, {"model": "tiny", "seed": 1})
    with pytest.raises(ValueError, match=r"preset\.seed was 0, now 1"):
        reproduce(other, shop, tmp_path / "home", minutes=0.0, fresh=False)


def test_runs_are_compared_passage_by_passage(place: Path, whole: Reproduction) -> None:
    run = whole.run[:8]
    same = compare(place / "whole", str(whole.folder), str(whole.folder))
    assert len(same) == 2 * len(ROWS_WANTED)
    assert {each.adjusted for each in same} == {1.0}
    accuracy, gain = compare(place / "whole", f"{whole.run}:open_book", f"{run}:closed_book")
    assert (accuracy.measure, gain.measure) == ("accuracy", "likelihood_gain")
    row = next(row for row in whole.rows if row.name == "open_book")
    assert gain.difference.difference.value == pytest.approx(row.likelihood_gain.value)
    assert gain.difference.num_passages == 3
    assert gain.adjusted >= gain.difference.p
    with pytest.raises(ValueError, match="has no row 'opened'; there are closed_book"):
        compare(place / "whole", f"{run}:opened", f"{run}:closed_book")
    with pytest.raises(ValueError, match="0 runs of"):
        compare(place / "whole", "nothing", run)


def test_the_reward_study(place: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    told = plan("reward", str(place / "p.toml"), place, {"model": "tiny"})
    rows_per_step: dict[str, set[int]] = {}
    run_cohort = EngineBench.run_cohort

    def watched(self: EngineBench, *args: Any) -> Cohort:
        rows_per_step.setdefault(args[-1], set()).add(self.updates["default"].recipe.rows_per_step)
        return run_cohort(self, *args)

    monkeypatch.setattr(EngineBench, "run_cohort", watched)
    found = reproduce(told, shop, place / "reward", minutes=None, fresh=False)
    assert rows_per_step == {"reward study": {4}, "reward race": {4}}
    study = found.study
    assert isinstance(study, StudyResult)
    assert [(of.name, of.rung, of.budget, len(of.tried), of.pace.trials) for of in found.stages] == [
        ("evaluation, seed 1", False, 900, 9, 9), ("evaluation, seed 2", False, 900, 9, 9),
        ("race, rung 1", True, 200, 9, 9), ("race, rung 2", True, 300, 6, 6),
    ]  # fmt: skip
    assert [sum(each.accepted for each in of.tried) for of in found.stages] == [0, 0, 6, 3]
    assert sum(each.accepted for each in study.tried) == 3
    assert {each.trials for each in study.tried} == {2}
    metrics = [json.loads(line)["event"] for line in (found.folder / METRICS).read_text().splitlines()]
    assert metrics == ["StageRecord"] * 4 + ["StudyResult"]
    assert json.loads((found.folder / SETTINGS).read_text())["preset.reward"]["train_tokens"] == 900
    page = html.fromstring(write_reproduction_report(told, found).read_text(encoding="utf-8"))
    assert len(page.xpath("//section[@id='study']//tbody/tr")) == len(study.rewards)
    assert (study.passages, study.candidates, study.seeds) == (3, 9, 2)
    figures = {each.name: each for each in study.rewards}
    assert figures["key_likelihood"].passages == 3
    assert figures["key_likelihood"].one is not None
    assert figures["random"].chosen is not None
    assert study.race is not None
    # 200 of 900 tokens for three, then 300 for two of the three: (600 + 600) / 2700.
    assert study.race.cost_ratio.value == pytest.approx(0.44, abs=0.15)


def test_everything_wrong_is_told_before_any_work(tmp_path: Path, place: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('paper = "v1"\npassages = "many"\n[loop]\nsamples = 0\n')
    (tmp_path / "train.json").write_text("[3]")
    with pytest.raises(ValueError) as caught:
        plan("squad", str(bad), tmp_path, {})
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(f"{bad}:2: passages 'many'")
    assert lines[1].startswith(f"{bad}:4: loop.samples 0")
    assert lines[2].startswith(f"{tmp_path}/train.json: entry 0: needs an object")
    assert lines[3].startswith(f"{tmp_path}/eval_200.json ")
    with pytest.raises(ValueError, match="there is no such preset; there are full, small, smoke"):
        plan("squad", "huge", place, {})


def test_a_preset_beyond_the_projects_own_passages_says_what_to_give() -> None:
    with pytest.raises(ValueError) as caught:
        plan("reward", "small", None, {})
    assert str(caught.value).splitlines() == [
        "preset: it needs 50 passages to train on, the data have 6",
        "--data: without it the project's own few passages stand in; name a folder with SQuAD's",
    ]
