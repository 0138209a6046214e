#!/usr/bin/env python3
"""Fit what an answer span is worth to the answers that people ask for in other documents.

    python benchmarks/fit_worth.py examples/teaching/*.jsonl [--squad ../shared/data/squad/train.json] [--json FILE]

A span counts as asked for if an answer of its passage is the same words, articles aside, or shares two thirds of them
and the last. The lessons' notes ask for nearly all that there is, SQuAD's questions for a seventh of it: each source
has an intercept of its own, and their answers count the same in all. Prints, for passages outside the fold that the
weights are fitted on, the share of a source's answers among the N spans of a passage that are worth most; and the
weights that all passages give, with the lessons' intercept, for `self_edits/worth.py`. Spans that the shipped weights
put below the least worth are left out, so a new fit differs from what it replaces by some hundredths of a nat.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.logistic import fit_logistic

from selfstudy.documents.lesson_file import read_lessons
from selfstudy.domain.lesson import Lesson
from selfstudy.domain.row import Row
from selfstudy.self_edits.spans import Span, answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import readable, tokens_of
from selfstudy.self_edits.worth import WEIGHTS, features
from selfstudy.tasks.squad.data import read_items

SIZES = (9, 12, 15, 18, 21, 24)
_RIDGE = 1.0
_ARTICLE = re.compile(r"^(?:the|an?|his|her|its|their|about|over|just)\s+")


@dataclass(frozen=True)
class Case:
    """A passage: what notes ask for, its spans, of each the names of its features, and whether it is asked for."""

    answers: tuple[str, ...]
    spans: tuple[Span, ...]
    features: tuple[tuple[str, ...], ...]
    asked: tuple[bool, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--squad", type=Path, help="passages with questions that people asked, in SQuAD's layout")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    sources = [[case(lesson) for file in args.files for lesson in read_lessons(file)]]
    if args.squad:
        sources.append([case(lesson) for lesson in squad_lessons(args.squad)])
    held = [outside(sources, number, args.folds) for number in range(len(sources))]
    for cases, covered_outside in zip(sources, held, strict=True):
        shipped = sum((Counter(covered(each, WEIGHTS)) for each in cases), Counter[int]())
        total = sum(len(each.answers) for each in cases)
        spans = sum(len(each.spans) for each in cases)
        print(f"{len(cases)} passages, {spans / len(cases):.1f} spans and {total / len(cases):.1f} answers each")
        for size in SIZES:
            print(f"{size:3d} spans hold {covered_outside[size] / total:.1%} of the answers outside the fold; "
                  f"as shipped {shipped[size] / total:.1%}")  # fmt: skip
    weights = fit(sources)
    print(json.dumps(weights, indent=4))
    if args.json:
        result = {"held": [dict(each) for each in held], "weights": weights}
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def outside(sources: Sequence[Sequence[Case]], number: int, folds: int) -> Counter[int]:
    """By number of spans, how many answers of source `number` they hold with weights fitted on the other folds of it
    and on the other sources."""
    cases = sources[number]
    order = list(range(len(cases)))
    random.Random(0).shuffle(order)
    found: Counter[int] = Counter()
    for fold in range(folds):
        held = set(order[fold::folds])
        rest = [each for place, each in enumerate(cases) if place not in held]
        weights = fit([rest if n == number else each for n, each in enumerate(sources)])
        for place in held:
            found.update(covered(cases[place], weights))
    return found


def squad_lessons(file: Path) -> list[Lesson]:
    """The passages of one of the project's SQuAD files, each with its questions as notes."""
    return [
        Lesson(item.passage, tuple(Row.question_answer(asked.text, asked.answers[0]) for asked in item.key))
        for item in read_items(file)
    ]


def case(lesson: Lesson) -> Case:
    passage = lesson.passage
    answers = tuple(dict.fromkeys(row.target for row in lesson.notes))
    subject = subject_of(passage.title, passage.text)
    found = [
        (sentence, span)
        for sentence in passage.sentences
        for span in (answer_spans(sentence, subject) if readable(sentence) else ())
        if span.worth
    ]
    return Case(
        answers,
        tuple(span for _, span in found),
        tuple(_features(sentence, span) for sentence, span in found),
        tuple(any(same(answer, span.text) for answer in answers) for _, span in found),
    )


def same(answer: str, text: str) -> bool:
    ours, theirs = _words(text), _words(answer)
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return ours == theirs or (3 * shared >= len(ours) + len(theirs) and ours[-1:] == theirs[-1:])


def covered(each: Case, weights: Mapping[str, float]) -> dict[int, int]:
    """By number of spans, how many answers are among those worth most."""
    values = [sum(weights[name] for name in names) for names in each.features]
    ranked = [each.spans[place].text for place in sorted(range(len(values)), key=lambda place: -values[place])]
    return {size: sum(any(same(a, text) for text in ranked[:size]) for a in each.answers) for size in SIZES}


def fit(sources: Sequence[Sequence[Case]]) -> dict[str, float]:
    """Weights by feature; `bias` is the first source's intercept."""
    names = [name for name in WEIGHTS if name != "bias"]
    spans = [(number, names_of, asked) for number, cases in enumerate(sources) for each in cases
             for names_of, asked in zip(each.features, each.asked, strict=True)]  # fmt: skip
    answers = [sum(len(each.answers) for each in cases) for cases in sources]
    source = np.array([number for number, _, _ in spans])
    asked = np.array([each for _, _, each in spans])
    share = answers[0] / np.array(answers, dtype=float)[source]
    intercepts = np.eye(len(sources))[source]
    true = np.hstack([intercepts, np.array([[name in found for name in names] for _, found, _ in spans], dtype=float)])
    ridge = np.array([0.0] * len(sources) + [_RIDGE] * len(names))
    found = fit_logistic(true, asked, ridge, share)
    fitted = {"bias": found[0], **dict(zip(names, found[len(sources) :], strict=True))}
    return {name: round(float(weight), 2) for name, weight in fitted.items()}


def _features(sentence: str, span: Span) -> tuple[str, ...]:
    tokens = tokens_of(sentence)
    first = next(place for place, token in enumerate(tokens) if token.end > span.start)
    end = next((place for place, token in enumerate(tokens) if token.start >= span.end), len(tokens))
    return features(span.kind, tokens, first, end)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _ARTICLE.sub("", text.casefold()))


if __name__ == "__main__":
    main()
