"""The table of `selfstudy reproduce squad`, row by row."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.choose import by_passage
from selfstudy.outer_loop.contract import Arm, LoopSettings, Round
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.registry import get_algorithm
from selfstudy.outer_loop.rewards import get_reward
from selfstudy.retrieval.bm25 import best_passages
from selfstudy.self_edits.free_forms import get_free_form
from selfstudy.tasks.squad.data import Item, SquadData
from selfstudy.tasks.squad.meter import Meter, Spent
from selfstudy.tasks.squad.preset import Preset
from selfstudy.tasks.squad.protocol import asked, passage_only, studied
from selfstudy.tasks.squad.rounds import RoundRecord, record
from selfstudy.tasks.squad.table import TableRow

OwnNotes = Callable[[Sequence[Passage], int], list[SelfEdit]]
"""The project's own notes on passages, a self-edit each, under a seed; it tells the meter what they took."""


@dataclass(frozen=True)
class Squad:
    """All that the table needs. `bench` knows the exams of every passage and reports its seconds to `meter`."""

    bench: EngineBench
    meter: Meter
    preset: Preset
    data: SquadData
    own_notes: OwnNotes | None

    @property
    def items(self) -> Sequence[Item]:
        return self.data.report[: self.preset.passages]

    @property
    def passages(self) -> list[Passage]:
        return [item.passage for item in self.items]

    def events(self) -> Iterator[TableRow | RoundRecord]:
        """Rows and rounds in the order in which they are done; each is final when it comes."""
        yield from self._untrained()
        yield from self._fixed()
        if self.preset.ours and self.own_notes is not None:
            yield from self._ours(self.own_notes)
        if self.preset.loop:
            for name in self.preset.loop.algorithms:
                yield from self._trained(name)
        if self.preset.bandit:
            yield from self._bandit()
        if self.preset.best_of:
            yield from self._best_of()

    def _untrained(self) -> Iterator[TableRow]:
        base, texts = EditorState(), [item.passage.text for item in self.items for _ in item.key]
        yield asked(self.bench, self.meter, "closed_book", self.items, base)
        yield asked(self.bench, self.meter, "open_book", self.items, base, texts)
        questions = [f"{item.passage.title} {q.text}" for item in self.items for q in item.key]
        found = [passage.text for passage in best_passages(self.passages, questions)]
        yield asked(self.bench, self.meter, "bm25", self.items, base, found)

    def _fixed(self) -> Iterator[TableRow]:
        yield from self._by_rules("passage_only", [[passage_only(item) for item in self.items]] * self.preset.seeds)
        for form in self.preset.forms:
            yield from self._by_rules(form, self._written(EditorState(), Arm(form), "report"))
        if self.preset.controls and self.preset.forms:
            written = self._written(EditorState(), Arm(self.preset.forms[0]), "report")
            yield self._studied("wrong_passage", moved(written))
        for name in self.preset.notes:
            if name in self.data.notes:
                yield from self._by_rules(f"notes:{name}", self._others(name))

    def _ours(self, own_notes: OwnNotes) -> Iterator[TableRow]:
        """Writing and racing are the work of each row that is trained on these notes."""
        own = [own_notes(self.passages, r) for r in range(self.preset.seeds)]
        written = self.meter.take()
        yield from self._by_rules("ours", own, written)
        if self.preset.controls:
            yield _with_work(self._studied("ours_wrong_passage", moved(own)), written)

    def _trained(self, name: str) -> Iterator[TableRow | RoundRecord]:
        loop = self.preset.loop
        assert loop is not None
        pool = [item.passage for item in self.data.train]
        rounds = [pool[r * loop.passages : (r + 1) * loop.passages] for r in range(loop.rounds)]
        reward = get_reward(loop.reward, retention=loop.retention, cost=loop.cost)
        bench = replace(self.bench, reward=reward, race_tokens=loop.race_tokens, race_rows=loop.race_rows_per_step)
        arm = Arm(loop.form)
        learning = get_algorithm(name).learn(bench, EditorState(), rounds, [arm], self.preset.loop_settings())
        for number, done in enumerate(learning, start=1):
            yield self._record(name, number, loop.reward, done, self.meter.take())
            written = self._written(done.editor, arm, f"report {name} {number}")
            yield self._studied(f"{name}_{number}", written, arm, done.editor)
            if self.preset.controls:
                yield asked(self.bench, self.meter, f"{name}_{number}_closed_book", self.items, done.editor)

    def _bandit(self) -> Iterator[TableRow | RoundRecord]:
        told = self.preset.bandit
        assert told is not None
        pool = [item.passage for item in self.data.train][: told.passages]
        batches = [pool[start : start + told.batch] for start in range(0, len(pool), told.batch)]
        bench = replace(self.bench, reward=get_reward(told.reward, cost=told.cost))
        settings = LoopSettings(1, 1, told.pulls, self.preset.seed)
        arms = self.preset.bandit_arms()
        arm = arms[0]
        done = get_algorithm("bandit").learn(bench, EditorState(), batches, arms, settings)
        for number, each in enumerate(done, start=1):
            yield self._record("bandit", number, told.reward, each, self.meter.take())
            arm = each.arm
        yield self._studied("bandit", self._written(EditorState(), arm, "report"), arm)

    def _best_of(self) -> Iterator[TableRow | RoundRecord]:
        told = self.preset.best_of
        assert told is not None
        arm = Arm(self.preset.best_of_form)
        bench = replace(self.bench, reward=get_reward(told.reward, cost=told.cost))
        settings = LoopSettings(told.samples, 1, seed=self.preset.seed)
        (done,) = get_algorithm("best_of_n").learn(bench, EditorState(), [self.passages], [arm], settings)
        chosen_for = self.meter.take()
        yield self._record("best_of_n", 1, told.reward, done, chosen_for)
        chosen = {each.candidate.edit.passage: each.candidate.edit for each in done.accepted}
        edits = [chosen.get(p.identity, passage_only(item)) for p, item in zip(self.passages, self.items, strict=True)]
        # What there was to choose from is this row's work too.
        yield _with_work(self._studied("best_of_n", [edits] * self.preset.seeds), chosen_for)
        if self.preset.controls:
            rng = random.Random(derive_seed(self.preset.seed, 0, "", 0, "random choice"))
            siblings = by_passage(done.tried)
            drawn = [rng.choice(siblings[p.identity]).candidate.edit for p in self.passages]
            # One of the candidates had to be written for it; none of their trials.
            written = (chosen_for.seconds - sum(each.seconds for each in chosen_for.cohorts)) / told.samples
            yield _with_work(self._studied("random_choice", [drawn] * self.preset.seeds), Spent(written, ()))

    def _others(self, name: str) -> list[list[SelfEdit]]:
        """Another model's completions, cut into rows like our own; a seed takes the next of them."""
        form, found = get_free_form("self_qa" if "self_qa" in name else "implications"), self.data.notes[name]
        return [
            [form.edit(p, texts[seed % len(texts)]) for p, texts in zip(self.passages, found, strict=False)]
            for seed in range(self.preset.seeds)
        ]

    def _written(self, editor: EditorState, arm: Arm, stage: str) -> list[list[SelfEdit]]:
        """For each seed a self-edit a passage, each sampled anew."""
        found = self.bench.write(editor, self.passages, [arm] * len(self.items), self.preset.seeds, stage)
        return [[siblings[seed].edit for siblings in found] for seed in range(self.preset.seeds)]

    def _record(self, name: str, number: int, reward: str, done: Round[EditorState], spent: Spent) -> RoundRecord:
        titles = {each.passage.identity: each.passage.title for each in (*self.data.train, *self.data.report)}
        return record(name, number, reward, done, spent, titles)

    def _by_rules(
        self, name: str, edits: Sequence[Sequence[SelfEdit]], written: Spent | None = None
    ) -> Iterator[TableRow]:
        """The row of these self-edits; where the preset says so, also of the same ones by context distillation.

        What writing them took, `written` or else what the meter shows, is both rows' work.
        """
        written = written or self.meter.take()
        yield _with_work(self._studied(name, edits), written)
        if name in self.preset.distilled:
            asking = [
                [replace(edit, directives=replace(edit.directives, rule="distil")) for edit in each] for each in edits
            ]
            yield _with_work(self._studied(f"{name}+distil", asking), written)

    def _studied(
        self, name: str, edits: Sequence[Sequence[SelfEdit]], arm: Arm | None = None, editor: EditorState | None = None
    ) -> TableRow:
        self.bench.say(f"{name}: training and asking")
        return studied(
            self.bench, self.meter, name, self.items, edits, arm or Arm(self.preset.forms[0]), editor or EditorState()
        )


def moved(edits: Sequence[Sequence[SelfEdit]]) -> list[list[SelfEdit]]:
    """Each passage with the self-edit of the next in the row's order: what these gain is a way of answering, or that
    gains can be had without the passage, and no knowledge of it."""
    return [[replace(each[(i + 1) % len(each)], passage=own.passage) for i, own in enumerate(each)] for each in edits]


def _with_work(row: TableRow, spent: Spent) -> TableRow:
    """The row with the seconds of work that was done for it before."""
    return replace(row, seconds=round(row.seconds + spent.seconds, 2))
