"""A user's quiz as the reward: half of it steers the race, the other half only reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question, Quiz


def split_answer_key(quiz: Quiz, passages: Sequence[Passage]) -> tuple[Mapping[str, Quiz], Quiz]:
    """The questions that reward, by the identity of the passage that answers them, and those that report.

    Every other question of a passage rewards. A question belongs to the first passage, of its own document where it
    names one, in which an accepted answer stands; one that belongs to none reports.
    """
    reward: dict[str, list[Question]] = {}
    report: list[Question] = []
    seen: dict[str, int] = {}
    for question in quiz:
        place = next((p.identity for p in passages if _answers(p, question)), None)
        if place is None:
            report.append(question)
            continue
        seen[place] = seen.get(place, 0) + 1
        if seen[place] % 2:
            reward.setdefault(place, []).append(question)
        else:
            report.append(question)
    return {place: tuple(questions) for place, questions in reward.items()}, tuple(report)


def _answers(passage: Passage, question: Question) -> bool:
    return question.document in (None, passage.document) and question.accepts(passage.text)
