"""What spans are worth is fitted to what notes ask for, and what is shipped does so."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fit_worth import case, covered, fit, same

from selfstudy.documents.lesson_file import read_lessons
from selfstudy.self_edits.worth import WEIGHTS

LESSONS = Path(__file__).parents[2] / "examples" / "teaching"


def test_the_same_answer() -> None:
    assert same("the steel bin", "steel bin")
    assert same("about five hours", "five hours")
    assert same("lidded tin bucket", "tin bucket")
    assert not same("steel bin", "bin lorry")
    assert not same("5 hours", "6 hours")
    assert not same("hours", "five metres")


def test_weights_of_a_few_passages_put_codes_above_what_opens_a_sentence() -> None:
    weights = fit([[case(lesson) for lesson in read_lessons(LESSONS / "software.jsonl")]])
    assert weights.keys() == WEIGHTS.keys()
    assert weights["code"] > weights["opens the sentence"]


def test_a_teacher_asks_for_what_is_worth_most() -> None:
    """By reading order within three classes, as it once was, the first eighteen held 56 % of the answers."""
    cases = [case(lesson) for file in sorted(LESSONS.glob("*.jsonl")) for lesson in read_lessons(file)]
    held = sum(covered(each, WEIGHTS)[18] for each in cases)
    assert held > 0.6 * sum(len(each.answers) for each in cases)
