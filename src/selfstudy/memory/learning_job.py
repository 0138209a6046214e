"""One learning job: notes on what is new, one adapter on all notes, and whether it may be published."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from selfstudy.domain.document import Document
from selfstudy.domain.identity import content_hash, derive_seed
from selfstudy.domain.journal import Journal
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.token_row import TokenRow
from selfstudy.domain.version import Answered, GateResult, Learnt, Scores
from selfstudy.engine.contract import EngineContract
from selfstudy.memory.answering import Learner
from selfstudy.memory.changes import Changes
from selfstudy.memory.curriculum import Synonyms
from selfstudy.memory.gate import GateSettings, gate
from selfstudy.memory.learn import Learned, train_on_notes
from selfstudy.memory.measure import measure
from selfstudy.memory.notes import Notes, Say, joined, take_notes
from selfstudy.memory.router import Pieces, router_bytes
from selfstudy.memory.study_settings import StudySettings
from selfstudy.self_edits.contract import Scorer, Writer

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DocumentNotes:
    """A document with the notes on it, as a version's `Learnt.notes` names them."""

    document: Document
    notes: Notes


@dataclass(frozen=True, eq=False)
class Tools:
    """The model with all that a job needs of it; `editor` names who writes, beside the base."""

    engine: EngineContract
    form: PromptForm
    writer: Writer
    scorer: Scorer
    synonyms: Synonyms
    pieces: Pieces
    editor: str
    general: Sequence[TokenRow]
    general_prompts: Sequence[str]


@dataclass(frozen=True, eq=False)
class JobResult:
    """What a version is made of; `adapter` and `router` are SHA-256 of recorded blobs."""

    learned: Learned
    adapter: str
    router: str
    documents: tuple[Learnt, ...]
    notes: tuple[DocumentNotes, ...]
    scores: Scores
    gate: GateResult
    answered: tuple[Answered, ...]


def learn_documents(
    tools: Tools,
    todo: Changes,
    parent: Learner | None,
    probe: Quiz,
    user_quiz: Quiz,
    *,
    settings: StudySettings,
    gate_settings: GateSettings,
    seed: int,
    answer_key: Mapping[str, Quiz],
    journal: Journal,
    say: Say,
    progress: Progress | None = None,
) -> JobResult:
    """Study what is new or changed, train one adapter on these notes and the standing ones, measure and judge it.

    The user's quiz only reports; `answer_key` holds questions that reward instead of the model's own, by passage
    identity. The probe is cut to what the base answers right.

    Raises:
        ValueError: nothing is left to train on, or training failed.
    """
    engine, form = tools.engine, tools.form
    standing = [recorded_notes(journal, each) for each in todo.standing]
    fresh = _study(tools, todo.to_study, settings, seed, answer_key, journal, say)
    everything = [*standing, *(notes for notes, _ in fresh)]
    documents = (*todo.standing, *(learnt for _, learnt in fresh))
    notes = joined([each.notes for each in everything])
    passages = [p for each in everything for p in each.document.passages]
    say(f"training one adapter on {len(notes.rows)} rows of {len(notes.kept)} kept self-edits")
    # Learning goes on from what the parent knows, unless some of that is not to be known any longer.
    start = parent.adapter if parent is not None and todo.standing and not todo.changed else None
    known = joined([each.notes for each in standing])
    learned = train_on_notes(
        engine, form, passages, notes.rows, tools.general, tools.general_prompts,
        settings=settings.learn, synonyms=tools.synonyms, pieces=tools.pieces,
        seed=derive_seed(seed, 0, "all", 0, "learn"), start=start,
        known=known.rows, journal=journal, progress=progress,
    )  # fmt: skip
    adapter = hashlib.sha256(learned.file).hexdigest()
    key = content_hash("router", adapter, *(p.identity for p in passages))
    router = hashlib.sha256(journal.once_bytes("router", key, lambda: router_bytes(learned.router))).hexdigest()
    say("asking the quiz and the retention probe")
    scores, answered = measure(
        engine, form, learned, parent, report=notes.report, earlier=known.report, probe=probe, user_quiz=user_quiz,
        journal=journal,
    )  # fmt: skip
    judged = gate(scores, gate_settings)
    return JobResult(learned, adapter, router, documents, tuple(everything), scores, judged, answered)


def recorded_notes(journal: Journal, learnt: Learnt) -> DocumentNotes:
    """The notes of a document in a version.

    Raises:
        ValueError: they are not on record; the message names the document.
    """

    def gone() -> DocumentNotes:
        raise ValueError(f"notes: those on {learnt.document} are not in this home; learn the document again")

    return journal.once("notes", learnt.notes, DocumentNotes, gone)


def _study(
    tools: Tools,
    documents: Sequence[Document],
    settings: StudySettings,
    seed: int,
    answer_key: Mapping[str, Quiz],
    journal: Journal,
    say: Say,
) -> list[tuple[DocumentNotes, Learnt]]:
    if not documents:
        return []
    found = take_notes(
        tools.engine, tools.form, [p for d in documents for p in d.passages], writer=tools.writer,
        scorer=tools.scorer, settings=settings, seed=seed, editor=tools.editor, answer_key=answer_key, journal=journal,
        say=say,
    )  # fmt: skip
    # Who raced together is part of the key: their rounding hangs together.
    where = (tools.engine.identity, tools.engine.arithmetic, tools.editor, repr(settings), repr(answer_key), str(seed))
    raced = content_hash("raced", *where, *(d.identity for d in documents))
    out = []
    for document in documents:
        key = content_hash("notes", raced, document.name, document.identity)
        make = partial(DocumentNotes, document, found.of(document.passages))
        out.append(
            (
                journal.once("notes", key, DocumentNotes, make),
                Learnt(document.name, document.identity, key, document.source),
            )
        )
    return out
