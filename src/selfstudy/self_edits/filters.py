"""Which rows are worth training on. Every drop carries its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rapidfuzz import fuzz

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import Dropped
from selfstudy.self_edits.answer_type import fits
from selfstudy.self_edits.contract import Check, Scorer, Writer, WriteRequest
from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import STOP

_OPEN_BOOK = Path(__file__).parent / "prompts" / "question_answer.txt"
_RIVALS = 3
_SAME_QUESTION = 92.0
APART = 1.0
"""Nats: the question is nearly three times likelier after its answer than after any rival span of the sentence. Of the
questions of lessons that the editor was not taught, 82 % pass, and 9 % of those for another span; at 3 nats 66 and 4 %.
Right wordings are few and wrong ones hurt little (LOG.md)."""
_DUPLICATE = "duplicate: another row says the same"


def apply(rows: Sequence[Row], quiz: Quiz = ()) -> tuple[list[Row], list[Dropped]]:
    """Filters that need only the rows: duplicates, answers given away, repeats of quiz questions."""
    kept: list[Row] = []
    dropped: list[Dropped] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = _key(row)
        reason = ""
        if key in seen:
            reason = _DUPLICATE
        elif row.prompt and gives_away(row.prompt, row.target):
            reason = "gives away: the question contains its answer"
        elif repeats(row, quiz):
            reason = "repeats a quiz question"
        if reason:
            dropped.append(Dropped(row, reason))
        else:
            seen.add(key)
            kept.append(row)
    return kept, dropped


def written_rows(
    passage: Passage,
    written: Sequence[tuple[Row, WriteRequest]],
    writer: Writer | None,
    scorer: Scorer | None,
    check: Check = "apart",
) -> tuple[list[Row], list[Dropped]]:
    """Filters for pairs the editor wrote itself, which may be wrong: cheap rules first, then the checks by a model.

    A question worded for a given answer must fit it better than its rivals (`apart`), or the base must give that answer
    with the passage open (`read_again`), as `check` says; for a pair of which both halves were written, the answer must
    be likelier than its rivals with the passage open (`open_book_agreement`).
    """
    subject = subject_of(passage.title, passage.text)
    dropped: list[Dropped] = []
    left: list[tuple[Row, WriteRequest]] = []
    seen: set[tuple[str, str]] = set()
    for row, request in written:
        key = _key(row)  # here already, so that no question is judged twice by the model
        reason = _DUPLICATE if key in seen else fault(row, request, passage, subject)
        seen.add(key)
        if reason:
            dropped.append(Dropped(row, reason))
        else:
            left.append((row, request))
    worded = [(row, request) for row, request in left if request.answer is not None]
    paired = [(row, request) for row, request in left if request.answer is None]
    open_book = "open-book: another span answers the question as well"
    kept, gone = _parted([row for row, _ in paired], _agreed(paired, subject, scorer), open_book)
    asked, unasked = _checked(passage, worded, writer, check)
    return [*kept, *asked], [*dropped, *gone, *unasked]


def _agreed(pairs: Sequence[tuple[Row, WriteRequest]], subject: str, scorer: Scorer | None) -> list[bool]:
    return [True] * len(pairs) if scorer is None else open_book_agreement(pairs, subject, scorer)


def _checked(
    passage: Passage, pairs: Sequence[tuple[Row, WriteRequest]], writer: Writer | None, check: Check
) -> tuple[list[Row], list[Dropped]]:
    if check == "read":
        return read(passage, [row for row, _ in pairs], writer)
    agreed = [True] * len(pairs) if writer is None else apart([request for _, request in pairs], writer)
    return _parted([row for row, _ in pairs], agreed, "not apart: it asks for another span as well")


def read(passage: Passage, rows: Sequence[Row], writer: Writer | None) -> tuple[list[Row], list[Dropped]]:
    """The rows whose answers are read again, and the others; all of them if there is nobody to read."""
    agreed = [True] * len(rows) if writer is None else read_again(passage, rows, writer)
    return _parted(rows, agreed, "not read: with the passage open the base answers otherwise")


def _parted(rows: Sequence[Row], agreed: Sequence[bool], reason: str) -> tuple[list[Row], list[Dropped]]:
    kept = [row for row, ok in zip(rows, agreed, strict=True) if ok]
    return kept, [Dropped(row, reason) for row, ok in zip(rows, agreed, strict=True) if not ok]


def read_again(passage: Passage, rows: Sequence[Row], writer: Writer) -> list[bool]:
    """For each: with the passage open, does the base's own answer hold the row's, or the row's hold it?

    Round-trip consistency (Alberti et al. 2019, arXiv 1906.05416), by words instead of exactly: a base answers in whole
    sentences. It needs a base that reads well.
    """
    said = writer.read([(passage.context, row.prompt) for row in rows]) if rows else []
    return [
        stands_in(row.target, text) or stands_in(text.strip().rstrip("."), row.target)
        for row, text in zip(rows, said, strict=True)
    ]


def apart(written: Sequence[WriteRequest], writer: Writer, margin: float = APART) -> list[bool]:
    """For each: is what the editor wrote at least `margin` nats likelier for its answer than for any rival?

    With rivals equally likely beforehand this is the answer's posterior given the question (Bayes), 0.73 at 1 nat.
    """
    asked = [replace(r, prompt=prompt) for r in written for prompt in (r.prompt, *r.rivals)]
    found, start, out = writer.likelihoods(asked) if asked else [], 0, []
    for request in written:
        own, *rivals = found[start : start + 1 + len(request.rivals)]
        start += 1 + len(rivals)
        out.append(all(own >= rival + margin for rival in rivals))
    return out


def fault(row: Row, request: WriteRequest, passage: Passage, subject: str) -> str:
    """What is wrong with a written pair as far as rules can tell; "" if nothing is."""
    if not row.prompt:
        return ""
    if not stands_in(row.target, passage.text):
        return "answer not in the passage"
    if gives_away(row.prompt, row.target):
        return "gives away: the question contains its answer"
    if not fits(row.prompt, row.target, request.sentence):
        return "the answer is not of the kind that the question asks for"
    if len(row.target.split()) > 8 or not 4 <= len(row.prompt.split()) <= 30:
        return "too long or too short"
    if stands_in(row.target, subject):
        return "the answer is the passage's subject"
    if copies_prompt(row, request):
        return "copies an example of the prompt"
    if not _content(row.prompt) & (_content(passage.text) | _content(passage.title)):
        return "names nothing of the passage"
    if invents(row.prompt, passage):
        return "names something that is not in the passage"
    return ""


def invents(question: str, passage: Passage) -> bool:
    """True if a name or number in `question`, its first word aside, does not stand in the passage or its title."""
    known = set(re.findall(r"\w+", f"{passage.title} {passage.text}".casefold()))
    special = re.findall(r"(?<=\s)[`\"'(]?(?:[A-Z]\w*|\w*\d\w*)", question)
    names = {w.strip("`\"'(").casefold() for w in special}
    return any(w not in known and w.removesuffix("s") not in known for w in names)


def stands_in(answer: str, text: str) -> bool:
    """True if `answer` occurs in `text` on word boundaries, case, backticks and white space aside."""
    needle, hay = _plain(answer), _plain(text)
    return bool(needle) and re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", hay) is not None


def gives_away(question: str, answer: str) -> bool:
    """True if the question contains the answer, or all the words of content in it."""
    words = _content(answer)
    return stands_in(answer, question) or (bool(words) and words <= _content(question))


def copies_prompt(row: Row, request: WriteRequest) -> bool:
    """True if the row's question, nearly word for word, or a rare name of it stands in the prompt's examples."""
    names = set(re.findall(r"[A-Z]\w+", row.prompt)[1:])
    if any(re.search(rf"\b{n}\b", request.examples) and not re.search(rf"\b{n}\b", request.prompt) for n in names):
        return True
    shown = re.findall(r"Question: (.*)", request.examples)
    return any(fuzz.ratio(_plain(row.prompt), _plain(line)) > 90 for line in shown)


def repeats(row: Row, quiz: Quiz) -> bool:
    """True if the row asks what a quiz question asks, in nearly the same words."""
    asked = _plain(row.prompt or row.target)
    return any(
        fuzz.ratio(asked, _plain(question.text)) >= _SAME_QUESTION
        or (
            fuzz.token_set_ratio(asked, _plain(question.text)) >= 96
            and fuzz.token_sort_ratio(asked, _plain(question.text)) >= 85
        )
        for question in quiz
    )


def open_book_agreement(
    written: Sequence[tuple[Row, WriteRequest]], subject: str, scorer: Scorer, margin: float = 0.0
) -> list[bool]:
    """For each pair: with its sentence open, is its answer at least `margin` likelier than every rival span?

    Rivals are the sentence's other answer spans. Likelihoods are means a token and each is set off against its
    likelihood under a question that asks nothing, so that long or plain spans have no advantage.
    """
    prefix = _OPEN_BOOK.read_text(encoding="utf-8")
    pairs: list[tuple[str, str]] = []
    places: list[int] = []
    for k, (row, request) in enumerate(written):
        head = f"{prefix}About: {subject}\nText: {request.sentence}\nQuestion: "
        rivals = [s for s in answer_spans(request.sentence, subject) if s.worth and not _overlap(s.text, row.target)]
        rivals.sort(key=lambda s: -s.worth)
        for text in [row.target, *(s.text for s in rivals[:_RIVALS])]:
            for question in (row.prompt, "What?"):
                pairs.append((f"{head}{question}\nAnswer:", f" {text}\n"))
            places.append(k)
    scores = scorer(pairs) if pairs else []
    gains: dict[int, list[float]] = {}
    for n, k in enumerate(places):
        gains.setdefault(k, []).append(scores[2 * n] - scores[2 * n + 1])
    return [gains[k][0] >= max(gains[k][1:], default=gains[k][0] - margin) + margin for k in range(len(written))]


def _overlap(a: str, b: str) -> bool:
    return stands_in(a, b) or stands_in(b, a)


def _key(row: Row) -> tuple[str, str]:
    return _plain(row.prompt), _plain(row.target)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[`\"“”]", "", text).casefold().split()).rstrip("?.!")


def _content(text: str) -> set[str]:
    return {w for w in re.findall(r"\w+", text.casefold()) if w not in STOP}
