"""The bench: an engine that writes self-edits, tries them out and teaches the editor, each piece of work recorded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from selfstudy.domain.identity import content_hash, derive_seed
from selfstudy.domain.journal import Journal
from selfstudy.domain.measured import Measured
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.update import Update
from selfstudy.engine.contract import EngineContract, GenerateRequest, TrainJob
from selfstudy.outer_loop.contract import Arm, Candidate, Example, Tried
from selfstudy.outer_loop.editor import EditorState, Sampling, example_row
from selfstudy.outer_loop.exam import Exam, base_values
from selfstudy.outer_loop.race import race
from selfstudy.outer_loop.rewards import KEY_RIGHT, QUIZ_GAIN, AnyReward
from selfstudy.outer_loop.trials import Cohort, Trial, run_trials
from selfstudy.self_edits.free_forms import get_free_form

_TEXTS = 4
"""Texts written together for each adapter of a cohort: they take less memory, and decode faster together."""

Say = Callable[[str], None]
OwnForm = Callable[[Passage, Quiz, int], SelfEdit]
"""A self-edit for a passage under a seed, without rows that repeat a question of the quiz."""
T = TypeVar("T")


@dataclass(frozen=True)
class Completions:
    """What was written, in order, and the seconds it took."""

    texts: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class OwnEdit:
    """A self-edit in a form of the project's own, and the seconds it took."""

    edit: SelfEdit
    seconds: float


@dataclass(frozen=True, eq=False)
class EngineBench:
    """`outer_loop.contract.Bench` on an engine.

    `exams` are by passage identity, `updates` by the names that arms have for recipes, `own_forms` by forms beside the
    free ones, written by `own_editor`. What a self-edit's directives decide takes the place of its arm's update, but
    `train_tokens` above 0 leaves epochs to neither. With `race_tokens` candidates are not tried in full but race over
    those rungs (`outer_loop.race`), in steps of `race_rows` rows if that is told. `cohort` is how many adapters train
    at once; who trains together shares matrix shapes, so cohorts are cut in the order given, which never changes. Seeds
    come from (`seed`, stage, passage, repeat): siblings share theirs, texts are sampled under one each. `spent` is told
    the seconds of each piece of work, those of earlier runs included where it was on record already, and `tried` of
    each cohort of trials.
    """

    engine: EngineContract
    form: PromptForm
    journal: Journal
    exams: Mapping[str, Exam]
    updates: Mapping[str, Update]
    reward: AnyReward
    sampling: Sampling
    editor_recipe: UpdateRecipe
    own_forms: Mapping[str, OwnForm] = field(default_factory=dict)
    own_editor: str = ""
    cohort: int = 8
    answer_tokens: int = 64
    train_tokens: int = 0
    race_tokens: tuple[int, ...] = ()
    race_rows: int | None = None
    seed: int = 0
    say: Say = lambda _: None
    spent: Callable[[float], None] = lambda _: None
    tried: Callable[[Cohort], None] = lambda _: None

    def write(
        self, editor: EditorState, passages: Sequence[Passage], arms: Sequence[Arm], samples: int, stage: str
    ) -> list[list[Candidate]]:
        wanted = [(p, a, s) for p, a in zip(passages, arms, strict=True) for s in range(samples)]
        self.say(f"{stage}: writing {len(wanted)} self-edits")
        seeds = [derive_seed(self.seed, 0, p.identity, s, f"{stage} {a.form}") for p, a, s in wanted]
        free = [
            (*self._asked(p, a), seed)
            for (p, a, _), seed in zip(wanted, seeds, strict=True)
            if a.form not in self.own_forms
        ]
        written: list[str] = []
        for part in _parts(free, _TEXTS * self.cohort):
            written += self._completions(editor, part).texts
        texts = iter(written)
        found = [
            self._own_edit(p, a, s, seed) if a.form in self.own_forms else self._candidate(p, a, s, next(texts))
            for (p, a, s), seed in zip(wanted, seeds, strict=True)
        ]
        return [found[i : i + samples] for i in range(0, len(found), samples)]

    def try_out(self, editor: EditorState, candidates: Sequence[Candidate], seeds: int, stage: str) -> list[Tried]:
        """Each candidate's reward under each seed; where they race, of those in the last rung their reward there."""
        found: list[list[Measured]] = [[] for _ in candidates]
        if self.race_tokens:
            *_, last = race(candidates, self.exams, self.reward, self.race_tokens, partial(self._raced, editor, stage))
            for place, measured in zip(last.places, last.measured, strict=True):
                found[place].append(measured)
        else:
            for repeat in range(seeds):
                for trials, measured in zip(found, self._trials(editor, candidates, repeat, stage), strict=True):
                    trials.append(measured)
        return [Tried.of(candidate, self.reward, trials) for candidate, trials in zip(candidates, found, strict=True)]

    def _raced(
        self, editor: EditorState, stage: str, candidates: Sequence[Candidate], tokens: int, rung: int
    ) -> list[Measured]:
        return self.rung(tokens)._trials(editor, candidates, rung, f"{stage} race")

    def rung(self, tokens: int) -> EngineBench:
        """The bench of a race's rung, in which a candidate trains on so many tokens."""
        updates = self.updates
        if self.race_rows is not None:
            updates = {
                name: replace(update, recipe=replace(update.recipe, rows_per_step=self.race_rows))
                for name, update in updates.items()
            }
        return replace(self, updates=updates, train_tokens=tokens)

    def _trials(self, editor: EditorState, candidates: Sequence[Candidate], repeat: int, stage: str) -> list[Measured]:
        entries = [(c.edit, c.arm) for c in candidates]
        cohorts = self.cohorts(editor, entries, self.reward.needs, repeat, stage)
        return [measured for cohort in cohorts for _, measured in cohort]

    def teach(self, editor: EditorState, examples: Sequence[Example], stage: str) -> EditorState:
        if not examples:
            self.say(f"{stage}: nothing was accepted; the editor stays as it is")
            return editor
        self.say(f"{stage}: teaching the editor {len(examples)} self-edits")
        key = content_hash(
            "editor", *self._where, editor.identity, repr(self.editor_recipe), repr(self.sampling.chat),
            str(self.seed), stage, *(repr(e) for e in examples),
        )  # fmt: skip
        file = self.journal.once_bytes("editor", key, partial(self._teach, editor, examples, stage))
        adapter, about = self.engine.read_adapter(file)
        self.spent(float(about["seconds"]))
        return EditorState((*editor.adapters, adapter), content_hash("editor", editor.identity, key))

    def cohorts(
        self,
        editor: EditorState,
        entries: Sequence[tuple[SelfEdit, Arm]],
        wanted: frozenset[str],
        repeat: int,
        stage: str,
    ) -> Iterator[list[tuple[int, Measured]]]:
        """For each cohort in turn: the places of its entries with what they measured."""
        places = list(range(len(entries)))
        for part in _parts(places, self.cohort):
            found = self.run_cohort(editor, [entries[i] for i in part], wanted, repeat, stage)
            yield list(zip(part, found.measured, strict=True))

    def run_cohort(
        self,
        editor: EditorState,
        entries: Sequence[tuple[SelfEdit, Arm]],
        wanted: frozenset[str],
        repeat: int,
        stage: str,
    ) -> Cohort:
        """Trials of one cohort under the `repeat`th seed of their passages."""
        likelihoods = {
            name: base_values(self.engine, self.form, [self.exams[e.passage] for e, _ in entries], name, self.journal)
            for name in sorted(wanted - {KEY_RIGHT})
        }
        trials = [
            Trial(
                edit.rows, self.exams[edit.passage], {name: found[i] for name, found in likelihoods.items()},
                self.updates[arm.recipe].directed(edit.directives),
                derive_seed(self.seed, 0, edit.passage, repeat, f"{stage} trial"), self.train_tokens, edit.impossible,
            )
            for i, (edit, arm) in enumerate(entries)
        ]  # fmt: skip
        key = content_hash(
            "trials", *self._where, editor.identity, str(sorted(wanted)), str(self.answer_tokens),
            *(repr(trial) for trial in trials),
        )  # fmt: skip
        make = partial(run_trials, self.engine, self.form, trials, editor.adapters, wanted, self.answer_tokens)
        found = self.journal.once("trials", key, Cohort, make)
        self.spent(found.seconds)
        self.tried(found)
        return found

    @property
    def _where(self) -> tuple[str, str]:
        return self.engine.identity, self.engine.arithmetic

    def _own(self, passage: Passage) -> Quiz:
        """The questions that may reward without an answer key: no self-edit may hold them."""
        return self.exams[passage.identity].asked.get(QUIZ_GAIN, ())

    def _candidate(self, passage: Passage, arm: Arm, sample: int, text: str) -> Candidate:
        edit = get_free_form(arm.form).edit(passage, text, self._own(passage))
        return Candidate(arm, sample, *self._asked(passage, arm), text, _asking(edit, arm))

    def _own_edit(self, passage: Passage, arm: Arm, sample: int, seed: int) -> Candidate:
        """A self-edit in a form of the project's own; whoever teaches this editor, it is not by completions."""
        quiz = self._own(passage)
        key = content_hash("own edit", *self._where, self.own_editor, arm.form, passage.identity, repr(quiz), str(seed))

        def make() -> OwnEdit:
            began = time.perf_counter()
            edit = self.own_forms[arm.form](passage, quiz, seed)
            return OwnEdit(edit, round(time.perf_counter() - began, 3))

        found = self.journal.once("own_edit", key, OwnEdit, make)
        self.spent(found.seconds)
        said = "\n".join(f"{row.prompt} {row.target}".strip() for row in found.edit.rows)
        return Candidate(arm, sample, "", "", said, _asking(found.edit, arm))

    def _asked(self, passage: Passage, arm: Arm) -> tuple[str, str]:
        """What the editor is told, and the cue that it goes on from."""
        form = get_free_form(arm.form)
        return form.instruction(passage), form.reply_cue if self.sampling.chat else form.plain_cue

    def _completions(self, editor: EditorState, requests: Sequence[tuple[str, str, int]]) -> Completions:
        about = (*self._where, editor.identity, repr(self.sampling))
        key = content_hash("texts", *about, *(repr(request) for request in requests))
        found = self.journal.once("texts", key, Completions, partial(self._generate, editor, requests))
        self.spent(found.seconds)
        return found

    def _generate(self, editor: EditorState, requests: Sequence[tuple[str, str, int]]) -> Completions:
        began = time.perf_counter()
        asked = [
            GenerateRequest(
                example_row(self.form, self.sampling, Example(prompt, cue, "")).ids, self.sampling.most_tokens,
                self.form.stop_ids, editor.adapters, self.sampling.temperature, self.sampling.top_p, seed,
            )
            for prompt, cue, seed in requests
        ]  # fmt: skip
        written = self.engine.generate(asked)
        texts = tuple(finished(self.form.decode(g.ids), g.stopped) for g in written)
        return Completions(texts, round(time.perf_counter() - began, 3))

    def _teach(self, editor: EditorState, examples: Sequence[Example], stage: str) -> bytes:
        rows = tuple(example_row(self.form, self.sampling, example) for example in examples)
        job = TrainJob(rows, self.editor_recipe, derive_seed(self.seed, 0, "", 0, f"{stage} teach"),
                       frozen=editor.adapters)  # fmt: skip
        began = time.perf_counter()
        (result,) = self.engine.train([job])
        if result.adapter is None:
            raise ValueError(f"{stage}: teaching the editor failed: {result.failure}; lower its learning rate")
        about = {"losses": json.dumps(result.losses), "tokens": str(result.tokens)}
        return result.adapter.to_bytes(about | {"seconds": f"{time.perf_counter() - began:.3f}"})


def _asking(edit: SelfEdit, arm: Arm) -> SelfEdit:
    """The self-edit with the directives that its arm gives; if that gives none, with its own."""
    return replace(edit, directives=arm.directives) if arm.directives else edit


def finished(text: str, stopped: bool) -> str:
    """`text` without the line in which the most tokens cut it off; half a sentence teaches an editor to stop there."""
    whole, newline, _ = text.rpartition("\n")
    return whole if newline and whole.strip() and not stopped else text


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
