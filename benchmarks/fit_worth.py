#!/usr/bin/env python3
"""Fit what an answer span is worth to the answers that notes of other documents ask for.

    python benchmarks/fit_worth.py examples/teaching/*.jsonl [--folds 5] [--json FILE]

A span counts as asked for if an answer of its passage is the same words, articles aside, or shares two thirds of them
and the last. Prints the share of the notes' answers among the N spans of a passage that are worth most, for passages
outside the fold that the weights are fitted on, and the weights that all passages give, for `self_edits/worth.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from selfstudy.documents.lesson_file import read_lessons
from selfstudy.domain.lesson import Lesson
from selfstudy.self_edits.spans import Span, answer_spans
from selfstudy.self_edits.subject import subject_of
from selfstudy.self_edits.tokens import readable, tokens_of
from selfstudy.self_edits.worth import WEIGHTS, features

Floats = NDArray[np.float64]
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
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    cases = [case(lesson) for file in args.files for lesson in read_lessons(file)]
    order = list(range(len(cases)))
    random.Random(0).shuffle(order)
    outside: Counter[int] = Counter()
    for fold in range(args.folds):
        held = set(order[fold :: args.folds])
        weights = fit([each for place, each in enumerate(cases) if place not in held])
        for place in held:
            outside.update(covered(cases[place], weights))
    shipped = sum((Counter(covered(each, WEIGHTS)) for each in cases), Counter[int]())
    total = sum(len(each.answers) for each in cases)
    spans = sum(len(each.spans) for each in cases)
    print(f"{len(cases)} passages, {spans / len(cases):.1f} spans and {total / len(cases):.1f} answers each")
    for size in SIZES:
        print(f"{size:3d} spans hold {outside[size] / total:.1%} of the answers outside the fold; "
              f"as shipped {shipped[size] / total:.1%}")  # fmt: skip
    weights = fit(cases)
    print(json.dumps(weights, indent=4))
    if args.json:
        result = {"passages": len(cases), "answers": total, "held": dict(outside), "weights": weights}
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


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


def fit(cases: Sequence[Case]) -> dict[str, float]:
    names = list(WEIGHTS)
    asked = np.array([each for c in cases for each in c.asked])
    true = np.array([[name in found for name in names] for c in cases for found in c.features], dtype=float)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = true @ weights
        signed = np.where(asked, logits, -logits)
        penalty = _RIDGE * float(weights[1:] @ weights[1:]) / 2
        gradient = true.T @ (1 / (1 + np.exp(-logits)) - asked)
        gradient[1:] += _RIDGE * weights[1:]
        return float(np.logaddexp(0, -signed).sum()) + penalty, gradient

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B")
    return {name: round(float(weight), 2) for name, weight in zip(names, found.x, strict=True)}


def _features(sentence: str, span: Span) -> tuple[str, ...]:
    tokens = tokens_of(sentence)
    first = next(place for place, token in enumerate(tokens) if token.end > span.start)
    end = next((place for place, token in enumerate(tokens) if token.start >= span.end), len(tokens))
    return features(span.kind, tokens, first, end)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _ARTICLE.sub("", text.casefold()))


if __name__ == "__main__":
    main()
