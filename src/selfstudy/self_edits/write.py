"""Write a self-edit: requests to the editor, its completions as rows, choices among rule-made wordings, filters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import Dropped, SelfEdit
from selfstudy.self_edits import filters
from selfstudy.self_edits.contract import Check, Choice, Format, Scorer, Writer
from selfstudy.self_edits.tokens import STOP

_FLUENT = Path(__file__).parent / "prompts" / "well_formed.txt"
_FRAMES_TRIED = 6
_ASKING = frozenset("What Who Which Where When How Whose".split())
_STRANDED = frozenset("at of in with for on by to from over into under through after about as".split())


def write_self_edit(
    passage: Passage,
    format: Format,
    writer: Writer | None,
    scorer: Scorer | None,
    *,
    samples: int = 2,
    quiz: Quiz = (),
    check: Check = "apart",
) -> SelfEdit:
    """One self-edit for `passage`, at most `samples` wordings a fact.

    Without a scorer the first wording of each choice is taken and the editor's own pairs are not checked open-book.
    Rows that repeat a question of `quiz` are dropped. `check` judges questions that the editor worded for given
    answers; "read" judges those worded by rule too. Sampling randomness is the writer's: it is handed in seeded.
    """
    chosen = choose(format.choices(passage, samples), scorer, samples, origin=format.name)
    requests = format.requests(passage, samples)
    completions = writer(requests) if requests and writer is not None else [""] * len(requests)
    written = [
        (row, replace(request, completion=text))
        for request, text in zip(requests, completions, strict=True)
        for row in format.rows(passage, request, text)
    ]
    dropped: list[Dropped] = []
    if check == "read":
        chosen, dropped = filters.read(passage, chosen, writer)
    rows: list[Row] = [*format.given(passage), *chosen]
    if written:
        kept, gone = filters.written_rows(passage, written, writer, scorer, check)
        rows += kept
        dropped += gone
    rows, gone = filters.apply(rows, quiz)
    return SelfEdit(passage.identity, format.name, tuple(rows), (*dropped, *gone))


def choose(choices: Sequence[Choice], scorer: Scorer | None, samples: int, *, origin: str) -> list[Row]:
    """The best wording of each choice, with the passage's best frame; at most `samples` a fact, fronted forms first."""
    if not choices:
        return []
    by_fact: dict[int, int] = defaultdict(int)
    wanted: list[Choice] = []
    for choice in choices:
        if by_fact[choice.fact] < samples:
            by_fact[choice.fact] += 1
            wanted.append(choice)
    best = _best(wanted, scorer)
    frames = next((c.frames for c in wanted if c.frames), ())
    frame = _frame([q for c, q in zip(wanted, best, strict=True) if c.frames], frames, scorer)
    return [
        Row.question_answer(_framed(q, frame) if c.frames else q, c.answer, origin=origin)
        for c, q in zip(wanted, best, strict=True)
    ]


def _best(choices: Sequence[Choice], scorer: Scorer | None) -> list[str]:
    best = [c.candidates[0] for c in choices]
    open_choices = [i for i, c in enumerate(choices) if len(c.candidates) > 1]
    if scorer is None or not open_choices:
        return best
    pairs = [(i, q) for i in open_choices for q in choices[i].candidates]
    top: dict[int, float] = {}
    for (i, question), score in zip(pairs, _fluency(scorer, [q for _, q in pairs]), strict=True):
        if i not in top or score > top[i]:
            top[i], best[i] = score, question
    return best


def _frame(questions: Sequence[str], frames: tuple[str, ...], scorer: Scorer | None) -> str:
    if not frames or not questions or scorer is None:
        return frames[1] if len(frames) > 1 else "".join(frames)  # " of ...", the widest
    tried = questions[:_FRAMES_TRIED]
    scores = _fluency(scorer, [_framed(q, frame) for frame in frames for q in tried])
    totals = {frame: sum(scores[k * len(tried) : (k + 1) * len(tried)]) for k, frame in enumerate(frames)}
    return max(frames, key=lambda frame: totals[frame])


def _framed(question: str, frame: str) -> str:
    """The question with " at X" at its end; in front where it would be lost or would double a preposition there."""
    words = question.rstrip("?").split()
    asks = words[0] in _ASKING or (len(words) > 1 and words[1] in ("what", "how", "which"))
    if asks and len(words) < 14 and words[-1] not in _STRANDED:
        return f"{question.rstrip('?')}{frame}?"
    name = not words[0][1:].islower() or (len(words) > 1 and words[1][:1].isupper())
    first = words[0] if name and words[0].casefold() not in STOP else words[0].lower()
    preposition, subject = frame.strip().split(" ", 1)
    opening = f"{preposition.capitalize()} {subject}," if preposition in ("at", "in") else f"About {subject}:"
    return f"{opening} {' '.join([first, *words[1:]])}?"


def _fluency(scorer: Scorer, questions: Sequence[str]) -> Sequence[float]:
    prompt = _FLUENT.read_text(encoding="utf-8").rstrip("\n") + "\n-"
    return scorer([(prompt, f" {question}\n") for question in questions])


def weigh(edit: SelfEdit, weight: float) -> SelfEdit:
    """The same self-edit with every row's weight multiplied."""
    return replace(edit, rows=tuple(replace(row, weight=row.weight * weight) for row in edit.rows))
