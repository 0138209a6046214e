"""`Study`: a home and the model that studies there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path

from selfstudy.api import records
from selfstudy.api.exporting import Exported, export
from selfstudy.api.learning import Progress, Say, learn
from selfstudy.api.preview import Preview, preview
from selfstudy.api.quizzing import open_book, retrieval
from selfstudy.api.results import Asked, History, Learning, QuizResult
from selfstudy.api.versions import learner_of, pick
from selfstudy.build import Workshop, build
from selfstudy.documents.quiz_file import read_quiz
from selfstudy.documents.read import read_documents
from selfstudy.domain.document import Document
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.version import Version
from selfstudy.inner_loop.ask import spoken_answer
from selfstudy.memory.answering import Learner, ask_learner, base_answers, known_of, score
from selfstudy.memory.changes import changes
from selfstudy.memory.learning_job import DocumentNotes, recorded_notes
from selfstudy.memory.recognise import recognised
from selfstudy.memory.retain import retention_probe
from selfstudy.models.catalogue import DEFAULT_MODEL
from selfstudy.settings import Settings
from selfstudy.store.open import open_store
from selfstudy.store.store import Store

ASKED_TOKENS = 48


class Study:
    """A home and the model that studies there. The model is loaded at the first call that needs it."""

    def __init__(self, home: Path | str, model: str | None = None, *, settings: Settings | None = None) -> None:
        self.home = Path(home).expanduser()
        self.settings = settings or Settings()
        self._model = model or self.settings.model

    def learn(
        self,
        paths: Sequence[Path | str],
        *,
        quiz: Path | str | None = None,
        fresh: bool = False,
        say: Say = lambda _: None,
        progress: Progress | None = None,
    ) -> Learning:
        """Learn files and folders on top of what is known, and publish the version if it passes the gate.

        A call that was interrupted goes on where it stopped when it is made again. The quiz file only reports,
        unless the reward is the answer key: then half of it steers, and the other half reports.

        Raises:
            ValueError: what was given cannot be read or does not fit; another job works in this home; an unfinished job
                on these documents had other settings (`fresh` gives it up).
        """
        if self.settings.reward == "answer-key" and quiz is None:
            raise ValueError("learn: the reward is the answer key, and there is none; give a quiz, or --reward self")
        documents = read_documents([Path(p) for p in paths], largest=self.settings.largest_document)
        questions = read_quiz(Path(quiz)) if quiz is not None else ()
        if self.home.is_dir():  # what needs no model is told at once
            with closing(open_store(self.home)) as store, store.lock():
                current = store.versions.current()
                if current and not changes(_known(store, documents, current), current.documents).to_study:
                    return Learning(current, (), 0, 0)
        shop = self._shop  # before the store is made: a model that is not there leaves nothing behind
        with closing(open_store(self.home)) as store, store.lock():
            parent = store.versions.current()
            documents = _known(store, documents, parent)
            todo = changes(documents, parent.documents if parent else ())
            return learn(store, shop, self.settings, documents, todo, parent, questions, fresh, say, progress)

    def preview(
        self, paths: Sequence[Path | str], *, quiz: Path | str | Quiz | None = None, say: Say = lambda _: None
    ) -> Preview:
        """What `learn` would train on and what it would cost; nothing is learned or stored."""
        documents = read_documents([Path(p) for p in paths], largest=self.settings.largest_document)
        questions = quiz if isinstance(quiz, tuple) else read_quiz(Path(quiz)) if quiz is not None else ()
        return preview(self._shop, self.settings, documents, questions, say)

    def ask(
        self,
        question: str,
        *,
        version: str | None = None,
        base: bool = False,
        speak: Callable[[str], None] = lambda _: None,
        say: Say = lambda _: None,
        max_new_tokens: int = ASKED_TOKENS,
    ) -> str:
        """The closed-book answer of a version (the current one) or of the base; `speak` gets it piece by piece."""
        if not question.strip():
            raise ValueError("ask: the question is empty")
        learner = None if base else self._learner(version, say)
        adapters = learner.adapters(question) if learner else ()
        return spoken_answer(self._shop.engine, self._shop.form, question, adapters, speak, max_new_tokens)

    def quiz(
        self,
        quiz: Path | str | Quiz,
        *,
        version: str | None = None,
        in_context: bool = True,
        probe: bool = False,
        say: Say = lambda _: None,
    ) -> QuizResult:
        """Answer a quiz in every way there is: see `QuizResult`. Those that read the documents only if `in_context`."""
        questions = quiz if isinstance(quiz, tuple) else read_quiz(Path(quiz))
        with closing(records.open_home(self.home)) as store:
            of, shop, journal = pick(store, version), self._shop, store.journal
            learner = learner_of(store, shop.engine, of, say) if of else None
            read = of.documents if of and in_context else ()
            known = [recorded_notes(journal, each).document for each in read]
            closed = base_answers(shop.engine, shop.form, questions, journal)
            kept = None
            if probe:
                known_right, said = known_of(shop.engine, shop.form, retention_probe(), journal)
                if learner:
                    said = ask_learner(shop.engine, shop.form, known_right, said, learner).routed
                kept = score(known_right, said)
            mine = ask_learner(shop.engine, shop.form, questions, closed, learner).routed if learner else None
        return QuizResult(
            questions,
            Asked.of(questions, closed),
            open_book(shop.engine, shop.form, questions, known) if known else None,
            retrieval(shop.engine, shop.form, questions, known) if known else None,
            None if mine is None else Asked.of(questions, mine),
            kept,
        )

    def history(self) -> History:
        """Every version of this home."""
        return records.history(self.home)

    def rollback(self, version: str) -> Version:
        """Make an earlier published version the current one."""
        return records.rollback(self.home, version)

    def notes(self, document: str | None = None, *, version: str | None = None) -> tuple[DocumentNotes, ...]:
        """The notes that a version (the current one) was trained on: of one document, or of all."""
        return records.notes(self.home, document, version=version)

    def export(self, version: str, to: Path | str, *, merged: bool = False, say: Say = lambda _: None) -> Exported:
        """Write a version for use elsewhere: an adapter in PEFT's layout, or a whole model."""
        given = self.settings
        return export(
            self.home,
            version,
            Path(to),
            merged=merged,
            model=self._model,
            device=given.device,
            dtype=given.dtype,
            say=say,
        )

    # What the calls above share.

    @cached_property
    def _shop(self) -> Workshop:
        settings = self.settings
        return build(self._model_name(), device=settings.device, dtype=settings.dtype, editor=settings.editor)

    def _model_name(self) -> str:
        if self._model:
            return self._model
        if self.home.is_dir():
            with closing(open_store(self.home)) as store:
                current = store.versions.current()
            if current:
                return current.model
        return DEFAULT_MODEL

    def _learner(self, version: str | None, say: Say) -> Learner | None:
        if version is None and not self.home.is_dir():
            return None
        with closing(records.open_home(self.home)) as store:
            of = pick(store, version)
            return learner_of(store, self._shop.engine, of, say) if of else None


def _known(store: Store, documents: Sequence[Document], parent: Version | None) -> tuple[Document, ...]:
    learned = parent.documents if parent else ()
    return recognised(documents, learned, lambda each: recorded_notes(store.journal, each).document)
