"""What `--json` prints: one document a command. This is an interface; README.md describes it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from selfstudy.domain.version import Score, Version
from selfstudy.statistics.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfstudy.api.results import Asked, History, Learning, QuizResult
    from selfstudy.domain.trial import Standing
    from selfstudy.memory.learning_job import DocumentNotes


def print_json(document: object) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print()


def learning_json(found: Learning) -> dict[str, object]:
    version = found.version
    return version_json(version) | {
        "studied": list(found.studied),
        "self_edits": {"written": found.self_edits_written, "kept": found.self_edits_kept},
        "answers": [asdict(each) for each in version.answered],
    }


def version_json(version: Version) -> dict[str, object]:
    scores = version.scores
    return {
        "version": version.name, "parent": version.parent, "published": version.gate.published,
        "reasons": list(version.gate.reasons), "model": version.model, "created": version.created,
        "documents": [each.document for each in version.documents], "quiz": scores.quiz,
        "before": score_json(scores.before), "after": score_json(scores.after), "kept": score_json(scores.kept),
        "kept_always_on": score_json(scores.kept_always_on), "earlier": score_json(scores.earlier),
        "earlier_new": score_json(scores.earlier_new),
        "open_book": None if scores.open_book is None else score_json(scores.open_book),
        "retrieval": None if scores.retrieval is None else score_json(scores.retrieval),
        "gain": scores.gain, "gain_error": scores.gain_error, "seconds": version.seconds,
        "train_tokens": version.train_tokens, "steps": version.steps,
    }  # fmt: skip


def history_json(history: History) -> dict[str, object]:
    return {"current": history.current, "versions": [version_json(v) for v in history.versions]}


def quiz_json(found: QuizResult) -> dict[str, object]:
    ways = {
        "closed_book": found.closed_book, "open_book": found.open_book, "retrieval": found.retrieval,
        "version": found.version,
    }  # fmt: skip
    out: dict[str, object] = {"n": len(found.quiz), "questions": [q.text for q in found.quiz]}
    out |= {name: None if asked is None else _asked_json(asked) for name, asked in ways.items()}
    return out if found.kept is None else out | {"kept": score_json(found.kept)}


def notes_json(found: Sequence[DocumentNotes]) -> dict[str, object]:
    return {"documents": [_document_json(each) for each in found]}


def _document_json(found: DocumentNotes) -> dict[str, object]:
    kept = {edit.identity for edit in found.notes.kept}
    return {
        "document": found.document.name,
        "passages": [
            {
                "title": passage.title,
                "text": passage.text,
                "self_edits": [
                    _edit_json(standing, standing.edit.identity in kept)
                    for standing in found.notes.standings[passage.identity]
                ],
            }
            for passage in found.document.passages
        ],
    }


def _edit_json(standing: Standing, kept: bool) -> dict[str, object]:
    last = standing.outcomes[-1]
    return {
        "format": standing.edit.format, "kept": kept, "gain": last.value, "gain_error": last.standard_error,
        "failure": last.failure, "rungs": len(standing.outcomes), "trained_tokens": last.trained_tokens,
        "rows": [{"prompt": row.prompt, "target": row.target} for row in standing.edit.rows],
        "dropped": [
            {"prompt": each.row.prompt, "target": each.row.target, "reason": each.reason}
            for each in standing.edit.dropped
        ],
    }  # fmt: skip


def score_json(score: Score) -> dict[str, object]:
    return {"right": score.right, "n": score.n, "accuracy": score.accuracy}


def _asked_json(asked: Asked) -> dict[str, object]:
    low, high = wilson(asked.score.right, asked.score.n)
    return score_json(asked.score) | {"low": low, "high": high, "answers": list(asked.said)}
