"""Whether a free answer is right, told from words alone: no model, no network, the same verdict each time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from selfstudy.domain.quiz import Question
from selfstudy.grading.features import NAMES, Features, features
from selfstudy.grading.normalise import ARTICLES, statement, words


@dataclass(frozen=True)
class Verdict:
    """`right`, and why: `rule` where a rule decided alone, else the `score` (right above 0) and what it was made of."""

    right: bool
    score: float
    rule: str | None = None
    features: Features | None = None


@dataclass(frozen=True)
class Grader:
    """A weighted sum of features; the weights are in the order of `features.NAMES`."""

    weights: tuple[float, ...]
    bias: float

    def grade(self, question: Question, answer: str) -> Verdict:
        """The most favourable verdict over the accepted answers."""
        return max((self._against(question.text, gold, answer) for gold in question.answers), key=_favour)

    def _against(self, question: str, gold: str, answer: str) -> Verdict:
        said, wanted = _core(statement(answer)), _core(gold)
        if not wanted:  # signs alone, such as "+": there are no words to compare
            return _decided(gold.strip() != "" and gold.strip() in answer, "signs")
        if said == wanted:
            return _decided(True, "the accepted answer itself")
        if not said:
            return _decided(False, "no answer")
        measured = features(question, gold, answer)
        if measured is None:
            return _decided(False, "no word of the accepted answer")
        score = self.bias + sum(w * v for w, v in zip(self.weights, measured.values(), strict=True))
        return Verdict(score > 0, score, features=measured)


@lru_cache(maxsize=1)
def default_grader() -> Grader:
    """With the weights that `benchmarks/calibrate_grader.py` fitted to GPT-4.1's verdicts (`weights.json`)."""
    return read_grader(Path(__file__).with_name("weights.json"))


def read_grader(file: Path) -> Grader:
    """Raises ValueError if the weights are not those of today's features."""
    held = json.loads(file.read_text(encoding="utf-8"))
    if set(held["weights"]) != set(NAMES):
        raise ValueError(f"{file} has no weights for the features of this version; fit them anew")
    return Grader(tuple(float(held["weights"][name]) for name in NAMES), float(held["bias"]))


def is_right(question: Question, answer: str) -> bool:
    """The verdict of the shipped grader."""
    return default_grader().grade(question, answer).right


def _core(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in words(text) if word.text not in ARTICLES) or tuple(w.text for w in words(text))


def _decided(right: bool, rule: str) -> Verdict:
    return Verdict(right, float("inf") if right else float("-inf"), rule)


def _favour(verdict: Verdict) -> tuple[bool, float]:
    return verdict.right, verdict.score
