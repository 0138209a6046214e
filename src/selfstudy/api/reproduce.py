"""`selfstudy reproduce`: a preset's experiment as one run of a home, which goes on where it stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from selfstudy.api.carry_out import Say, carry_out, resolved_of
from selfstudy.api.run_folder import METRICS, ROWS, RunFolder
from selfstudy.api.table_json import round_json, row_json, stage_json
from selfstudy.api.used_units import UsedUnits
from selfstudy.domain.identity import content_hash
from selfstudy.domain.journal import Journal
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.memory.notes import draw_quiz, take_notes
from selfstudy.memory.retain import retention_probe
from selfstudy.memory.study_settings import settings_for
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.editor import Sampling
from selfstudy.outer_loop.exam import Exam, exam
from selfstudy.outer_loop.rewards import QUIZ_GAIN, get_reward
from selfstudy.quizzes.held_out import HeldOutQuiz
from selfstudy.self_edits.registry import get_format
from selfstudy.self_edits.write import write_self_edit
from selfstudy.store.codec import encode
from selfstudy.store.store import Store
from selfstudy.tasks.squad.data import Item, SquadData, read_sets, read_squad
from selfstudy.tasks.squad.experiment import Squad
from selfstudy.tasks.squad.meter import Meter
from selfstudy.tasks.squad.preset import (
    OWN_FORMS,
    BanditTable,
    BestOfTable,
    LoopTable,
    Preset,
    misfits_with_data,
    needed_for_training,
    read_preset,
)
from selfstudy.tasks.squad.reward_study import RewardStudy, StageRecord, StudyResult
from selfstudy.tasks.squad.rounds import RoundRecord
from selfstudy.tasks.squad.table import TableRow

if TYPE_CHECKING:
    from selfstudy.build import Workshop

Task = Literal["squad", "reward"]
Event = TableRow | RoundRecord | StageRecord | StudyResult


@dataclass(frozen=True)
class Plan:
    """A reproduction that was checked: `preset_name` is the preset's, as it was given."""

    task: Task
    preset_name: str
    preset: Preset
    data: SquadData


@dataclass(frozen=True)
class Reproduction:
    """What a run has so far; `done` is False if its time was up before its end. `settings` are all it was told."""

    run: str
    folder: Path
    done: bool
    seconds: float
    settings: Mapping[str, object]
    rows: tuple[TableRow, ...]
    rounds: tuple[RoundRecord, ...]
    stages: tuple[StageRecord, ...]
    study: StudyResult | None


def plan(task: Task, preset: str, data: Path | None, flags: Mapping[str, object]) -> Plan:
    """Read and check everything before any work.

    Raises:
        ValueError: all that is wrong with preset, flags and data, a line each, with key or entry and place.
    """
    problems: list[str] = []
    told, found = None, None
    try:
        told = read_preset(preset_file(preset), flags)
    except ValueError as error:
        problems.append(str(error))
    try:
        found = read_squad(data) if data is not None else read_sets(shipped("examples/sets"))
    except ValueError as error:
        problems.append(str(error))
    if told is not None and found is not None:
        lacking = misfits_with_data(told, len(found.train), len(found.report), frozenset(found.notes), task == "reward")
        if lacking and data is None:
            lacking.append("--data: without it the project's own few passages stand in; name a folder with SQuAD's")
        problems += lacking
    if problems or told is None or found is None:
        raise ValueError("\n".join(problems))
    return Plan(task, preset, told, found)


def preset_file(name: str) -> Path:
    """The file of a shipped preset's name, or `name` as a path.

    Raises:
        ValueError: it is neither.
    """
    if name.endswith(".toml"):
        return Path(name)
    folder = shipped("recipes")
    file = folder / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml")))
        raise ValueError(f"--preset {name!r}: there is no such preset; there are {known}, or give a .toml file")
    return file


def shipped(name: str) -> Path:
    """A folder that lies beside the sources in a checkout, and inside the package in an installation."""
    package = Path(__file__).resolve().parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent.parent / name


def reproduce(
    plan: Plan, shop: Workshop, home: Path, *, minutes: float | None, fresh: bool, say: Say = lambda _: None
) -> Reproduction:
    """Run the plan or go on with it, until it is done or `minutes` are over.

    Raises:
        ValueError: another job works in this home; an unfinished run of this preset and data had other settings.
    """
    began = time.monotonic()
    settings = resolved(plan, shop)
    about = {"preset": plan.preset_name, "data": _data_identity(plan.data), "base": shop.engine.identity}
    rows: list[TableRow] = []
    rounds: list[RoundRecord] = []
    stages: list[StageRecord] = []
    studies: list[StudyResult] = []

    def work(store: Store, journal: Journal, folder: RunFolder) -> None:
        for event in _events(plan, shop, store, journal, say):
            folder.add(METRICS, json.dumps({"event": type(event).__name__} | _metrics(event), ensure_ascii=False))
            if isinstance(event, TableRow):
                rows.append(event)
                folder.add(ROWS, encode(TableRow, event))
            elif isinstance(event, RoundRecord):
                rounds.append(event)
            elif isinstance(event, StageRecord):
                stages.append(event)
            else:
                studies.append(event)

    until = began + 60 * minutes if minutes is not None else float("inf")
    ended = carry_out(f"reproduce {plan.task}", about, settings, home, work, until=until, fresh=fresh,
                      files=(METRICS, ROWS), say=say)  # fmt: skip
    return Reproduction(
        ended.run, ended.folder, ended.done, time.monotonic() - began, settings, tuple(rows), tuple(rounds),
        tuple(stages), studies[0] if studies else None,
    )  # fmt: skip


def resolved(plan: Plan, shop: Workshop) -> dict[str, object]:
    """All that decides on the result, defaults included."""
    return {
        **{f"preset.{key}": value for key, value in plan.preset.model_dump(mode="json").items()},
        "task": plan.task, "data": plan.data.source, "data_identity": _data_identity(plan.data),
        "editor": shop.editor_identity, "own_notes": asdict(settings_for(shop.engine.width)), **resolved_of(shop),
    }  # fmt: skip


def bench_of(preset: Preset, shop: Workshop, journal: Journal, exams: Mapping[str, Exam], say: Say) -> EngineBench:
    """The bench that a preset describes."""
    return EngineBench(
        shop.engine, shop.form, journal, exams, {n: r.update() for n, r in preset.recipes.items()},
        get_reward("key_likelihood"), Sampling(**preset.sampling.model_dump()), preset.editor.recipe(),
        own_forms={name: partial(_own_form, shop, name) for name in OWN_FORMS}, own_editor=shop.editor_identity,
        cohort=preset.cohort, answer_tokens=preset.answer_tokens, train_tokens=preset.train_tokens, seed=preset.seed,
        say=say,
    )  # fmt: skip


def _events(plan: Plan, shop: Workshop, store: Store, journal: Journal, say: Say) -> Iterator[Event]:
    preset, meter = plan.preset, Meter()
    if plan.task == "reward":
        items = plan.data.train[: preset.reward.passages]
        quizzed = list(items)
    else:
        reporting = plan.data.report[: preset.passages]
        training = plan.data.train[: needed_for_training(preset)]
        items = (*training, *reporting)
        quizzed = [
            *(training if _asks_own(preset.loop, preset.bandit) else ()),
            *(reporting if _asks_own(preset.best_of) else ()),
        ]
    bench = replace(
        bench_of(preset, shop, journal, _exams(plan, shop, journal, items, quizzed), say),
        spent=meter.add, tried=meter.add_trials,
    )  # fmt: skip
    if plan.task == "reward":
        yield from RewardStudy(bench, meter, preset.reward, items).events()
        return
    used = UsedUnits(journal)

    def notes(passages: Sequence[Passage], repeat: int) -> list[SelfEdit]:
        counted = used.seconds(store.journal)  # seeds may share units; each is paid for once
        found = _own_notes(shop, used, preset, say, passages, repeat)
        meter.add(used.seconds(store.journal) - counted)
        return found

    yield from Squad(bench, meter, preset, plan.data, notes).events()


def _asks_own(*told: LoopTable | BanditTable | BestOfTable | None) -> bool:
    """Whether one of the algorithms is rewarded by the model's own questions."""
    return any(QUIZ_GAIN in get_reward(each.reward).needs for each in told if each is not None)


def _exams(
    plan: Plan, shop: Workshop, journal: Journal, items: Sequence[Item], quizzed: Sequence[Item]
) -> dict[str, Exam]:
    """The exams of `items`; those of `quizzed` with a quiz of the model's own. Another passage is the next one."""
    probe = retention_probe()[: plan.preset.probe]
    wanted = {item.passage.identity for item in quizzed}
    found = {}
    for place, item in enumerate(items):
        own = _own_quiz(shop, journal, plan.preset, item.passage) if item.passage.identity in wanted else ()
        other = items[(place + 1) % len(items)]
        found[item.passage.identity] = exam(item.passage, item.key, own, (other.passage, other.key), probe)
    return found


def _own_quiz(shop: Workshop, journal: Journal, preset: Preset, passage: Passage) -> Quiz:
    """Both halves of what the notes hold out: here the answer key reports."""
    size = settings_for(shop.engine.width).quiz
    key = content_hash("quiz", shop.engine.identity, shop.engine.arithmetic, passage.document, passage.identity,
                       str(size), str(preset.seed))  # fmt: skip
    drawn = journal.once("quiz", key, HeldOutQuiz, partial(draw_quiz, passage, shop.scorer, size, preset.seed))
    return drawn.all


def _own_form(shop: Workshop, name: str, passage: Passage, quiz: Quiz, seed: int) -> SelfEdit:
    """One self-edit in a format of the project's, as its default notes have it."""
    told = next(c for c in settings_for(shop.engine.width).candidates if c.format == name)
    return write_self_edit(
        passage, get_format(name), shop.writer(seed), shop.scorer, samples=told.samples, quiz=quiz, check=told.check
    )


def _own_notes(
    shop: Workshop, journal: Journal, preset: Preset, say: Say, passages: Sequence[Passage], repeat: int
) -> list[SelfEdit]:
    """The project's default notes: candidates raced by the model's own quiz, those that gained kept, by cohorts."""
    edits = []
    for start in range(0, len(passages), preset.cohort):
        part = passages[start : start + preset.cohort]
        notes = take_notes(
            shop.engine, shop.form, part, writer=shop.writer(preset.seed + repeat), scorer=shop.scorer,
            settings=settings_for(shop.engine.width), seed=preset.seed + repeat, editor=shop.editor_identity,
            journal=journal, say=say,
        )  # fmt: skip
        edits += [SelfEdit(p.identity, "ours", notes.of([p]).rows) for p in part]
    return edits


def _metrics(event: Event) -> dict[str, object]:
    if isinstance(event, TableRow):
        return row_json(event)
    if isinstance(event, RoundRecord):
        return round_json(event)
    return stage_json(event) if isinstance(event, StageRecord) else asdict(event)


def _data_identity(data: SquadData) -> str:
    return content_hash("data", repr(replace(data, source="")))
