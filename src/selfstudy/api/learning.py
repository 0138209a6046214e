"""`Study.learn`: one job, from documents to a published or refused version, recorded step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from selfstudy.api.quizzing import open_book, retrieval
from selfstudy.api.results import Learning
from selfstudy.api.versions import learner_of
from selfstudy.build import Workshop
from selfstudy.domain.document import Document
from selfstudy.domain.identity import content_hash
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.version import Scores, Version
from selfstudy.memory.changes import Changes
from selfstudy.memory.gate import GateSettings
from selfstudy.memory.learning_job import DocumentNotes, JobResult, Tools, learn_documents, recorded_notes
from selfstudy.memory.retain import general_prompts, retention_probe
from selfstudy.memory.retain_cache import kept_general_rows
from selfstudy.memory.study_settings import StudySettings, settings_for
from selfstudy.models.files import cache_folder
from selfstudy.quizzes.answer_key import split_answer_key
from selfstudy.settings import Settings
from selfstudy.store.runs import Run
from selfstudy.store.store import Store

RECORDED = ("quiz", "self_edits", "base", "cohort", "adapter", "base_answers")
"""Kinds of units that take time; together they are what an interrupted job had done."""

Say = Callable[[str], None]
Progress = Callable[[int, int], None]


def learn(
    store: Store,
    shop: Workshop,
    settings: Settings,
    documents: Sequence[Document],
    todo: Changes,
    parent: Version | None,
    quiz: Quiz,
    fresh: bool,
    say: Say,
    progress: Progress | None,
) -> Learning:
    """Do or finish the job; hold the store's lock meanwhile."""
    learner = learner_of(store, shop.engine, parent, say) if parent else None
    told = _told(settings, shop, quiz)
    about = {"documents": {d.name: d.identity for d in documents}, "parent": parent.name if parent else None}
    answer_key: Mapping[str, Quiz] = {}
    if settings.reward == "answer-key":
        answer_key, quiz = split_answer_key(quiz, [p for d in todo.to_study for p in d.passages])
        say(f"{sum(map(len, answer_key.values()))} questions of the quiz reward, {len(quiz)} report")
    run = store.runs.begin("learn", about, told, fresh=fresh)
    if run.resumed:
        say(f"going on with the job that was begun {run.started}")
    if run.version is not None:  # killed when all was done but the end
        made = store.versions.get(run.version)
        store.runs.finish(run, "published" if made.gate.published else "refused")
        return _learning(made, todo, [recorded_notes(store.journal, each) for each in made.documents])
    warn_of_control_tokens(shop, documents, say)
    journal = store.journal_for(run)
    before = sum(unit.seconds for kind in RECORDED for unit in journal.units(kind, run.id))
    begin = time.perf_counter()
    general = kept_general_rows(shop.engine, shop.form, general_prompts(), cache_folder() / "general_rows", say=say)
    tools = Tools(
        shop.engine, shop.form, shop.writer(settings.seed), shop.scorer, shop.synonyms, shop.pieces,
        shop.editor_identity, general.rows, general_prompts(),
    )  # fmt: skip
    try:
        result = learn_documents(
            tools, todo, learner, retention_probe(), quiz, settings=study_settings(settings, shop.engine.width),
            gate_settings=GateSettings(settings.forgotten), seed=settings.seed, answer_key=answer_key, journal=journal,
            say=say, progress=progress,
        )  # fmt: skip
    except ValueError:
        store.runs.finish(run, "failed")
        raise
    if quiz:
        result = replace(result, scores=_beside(result.scores, shop, quiz, [notes.document for notes in result.notes]))
    seconds = before + time.perf_counter() - begin
    version = store.versions.add(_version(result, shop, run, parent, seconds, told), parent.name if parent else None)
    store.runs.finish(run, "published" if version.gate.published else "refused", version.name)
    return _learning(version, todo, result.notes)


def _learning(version: Version, todo: Changes, notes: Sequence[DocumentNotes]) -> Learning:
    studied = tuple(d.name for d in todo.to_study)
    fresh = [each.notes for each in notes if each.document.name in studied]
    written = sum(len(found) for each in fresh for found in each.standings.values())
    return Learning(version, studied, written, sum(len(each.kept) for each in fresh))


def _beside(scores: Scores, shop: Workshop, quiz: Quiz, documents: Sequence[Document]) -> Scores:
    opened = open_book(shop.engine, shop.form, quiz, documents)
    found = retrieval(shop.engine, shop.form, quiz, documents)
    return replace(scores, open_book=opened.score, retrieval=found.score)


def warn_of_control_tokens(shop: Workshop, documents: Sequence[Document], say: Say) -> None:
    """`say` how often the model's control tokens stand in each document; there they are text like any other."""
    for document in documents:
        text = "".join(f"{p.title}\n{p.text}\n" for p in document.passages)
        if count := sum(text.count(token) for token in shop.form.encoder.control):
            say(f"{document.name} holds control tokens of the model ({count}); they are learned as plain text")


def study_settings(settings: Settings, width: int) -> StudySettings:
    """What was measured for a model of this width, with what the user overrides."""
    study = settings_for(width)
    given = {key: value for key, value in settings.learn.model_dump().items() if value is not None}
    recipe: dict[str, Any] = {key: given.pop(key) for key in ("rank", "learning_rate") if key in given}
    if "rank" in recipe:
        recipe["alpha"] = 2.0 * recipe["rank"]  # as in the defaults: the update's scale does not change with the rank
    return replace(study, learn=replace(study.learn, recipe=replace(study.learn.recipe, **recipe), **given))


def _told(settings: Settings, shop: Workshop, quiz: Quiz) -> dict[str, object]:
    """All that decides on the job's result beside documents and parent."""
    flat: dict[str, object] = {
        "model": shop.name, "base": shop.engine.identity, "editor": shop.editor_identity, "seed": settings.seed,
        "reward": settings.reward, "forgotten": settings.forgotten,
        "quiz": content_hash("quiz", repr(quiz)) if quiz else None,
    }  # fmt: skip
    study = asdict(study_settings(settings, shop.engine.width))
    return flat | {f"study.{key}": repr(value) for key, value in study.items()}


def _version(
    result: JobResult, shop: Workshop, run: Run, parent: Version | None, seconds: float, told: Mapping[str, object]
) -> Version:
    return Version(
        name="", parent=parent.name if parent else None, base=shop.engine.identity, model=shop.name,
        adapter=result.adapter, router=result.router, run=run.id, documents=result.documents, scores=result.scores,
        gate=result.gate, answered=result.answered, seconds=round(seconds, 1),
        train_tokens=result.learned.trained_tokens, steps=result.learned.steps, settings=told,
    )  # fmt: skip
