"""SEAL's single-passage protocol: a fresh adapter a passage, its questions asked closed-book, greedily."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from selfstudy.domain.identity import content_hash
from selfstudy.domain.measured import Measured
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.contract import Arm
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.exam import Exam, base_values
from selfstudy.outer_loop.rewards import KEY_GAIN, KEY_RIGHT
from selfstudy.outer_loop.trials import Cohort, measure
from selfstudy.tasks.squad.data import Item
from selfstudy.tasks.squad.meter import Meter
from selfstudy.tasks.squad.table import TableRow, over_seeds

MEASURES = frozenset([KEY_RIGHT, KEY_GAIN])


def asked(
    bench: EngineBench,
    meter: Meter,
    name: str,
    items: Sequence[Item],
    editor: EditorState,
    contexts: Sequence[str] = (),
) -> TableRow:
    """A row without training: closed-book, or with a text for each question in its context, in the items' order."""
    exams = [bench.exams[item.passage.identity] for item in items]
    opened, start = [], 0
    for exam in exams:
        texts = contexts[start : start + len(exam.key)]
        start += len(exam.key)
        opened.append(_with_contexts(exam, texts) if contexts else exam)
    base = base_values(bench.engine, bench.form, exams, KEY_GAIN, bench.journal)
    key = content_hash(
        "asked", bench.engine.identity, bench.engine.arithmetic, editor.identity, str(bench.answer_tokens),
        *(repr(exam) for exam in opened),
    )  # fmt: skip
    triples = [(exam, editor.adapters, {KEY_GAIN: values}) for exam, values in zip(opened, base, strict=True)]
    found = bench.journal.once("asked", key, Cohort, partial(_ask, bench, triples))
    meter.add(found.seconds)
    measured = found.measured
    if not contexts and not editor.adapters:
        # The base against itself: what is not zero here is rounding in half precision.
        measured = tuple(
            replace(each, values=dict(each.values) | {KEY_GAIN: (0.0,) * len(each.values[KEY_GAIN])})
            for each in measured
        )
    return _row(name, items, [measured], meter)


def studied(
    bench: EngineBench,
    meter: Meter,
    name: str,
    items: Sequence[Item],
    edits: Sequence[Sequence[SelfEdit]],
    arm: Arm,
    editor: EditorState,
) -> TableRow:
    """A row with training: `edits` holds for each seed a self-edit an item. Seeds are those of no reward."""
    by_seed = []
    for repeat, each in enumerate(edits):
        measured: list[Measured] = []
        for cohort in bench.cohorts(editor, [(edit, arm) for edit in each], MEASURES, repeat, "report"):
            measured += [found for _, found in cohort]
        by_seed.append(tuple(measured))
    return _row(name, items, by_seed, meter)


def passage_only(item: Item) -> SelfEdit:
    """Title and passage as the only row."""
    passage = item.passage
    return SelfEdit(passage.identity, "raw", (Row.plain(f"{passage.title}\n{passage.text}", origin="raw"),))


def _ask(bench: EngineBench, asked: Sequence[tuple[Exam, tuple[object, ...], dict[str, tuple[float, ...]]]]) -> Cohort:
    began = time.perf_counter()
    found = measure(bench.engine, bench.form, asked, MEASURES, bench.answer_tokens)  # type: ignore[arg-type]
    return Cohort(tuple(found), round(time.perf_counter() - began, 3))


def _with_contexts(exam: Exam, contexts: Sequence[str]) -> Exam:
    questions = tuple(
        replace(question, text=f"{context}\n\nQuestion: {question.text}")
        for question, context in zip(exam.asked[KEY_GAIN], contexts, strict=True)
    )
    return replace(exam, asked={KEY_GAIN: questions})


def _row(name: str, items: Sequence[Item], by_seed: Sequence[Sequence[Measured]], meter: Meter) -> TableRow:
    trials = [measured for each in by_seed for measured in each]
    good = [measured for measured in trials if measured.failure is None]
    answered = tuple(
        over_seeds(
            item.passage.identity,
            [
                (each[place].values[KEY_RIGHT], each[place].values[KEY_GAIN], each[place].said)
                for each in by_seed
                if each[place].failure is None
            ],
        )
        for place, item in enumerate(items)
    )
    tokens = sum(measured.trained_tokens for measured in good) / len(good) if good else 0.0
    spent = meter.take()
    return TableRow(name, answered, round(tokens, 1), spent.seconds, len(trials) - len(good), spent.cohorts)
