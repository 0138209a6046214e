"""What algorithms that keep the best of a passage's candidates have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from selfstudy.outer_loop.contract import Candidate, Tried
from selfstudy.outer_loop.guard import Guard
from selfstudy.self_edits.diversity import Diversity, diversity


def by_passage(tried: Iterable[Tried]) -> dict[str, list[Tried]]:
    """Siblings together, in the order of sampling."""
    found: dict[str, list[Tried]] = {}
    for each in tried:
        found.setdefault(each.candidate.edit.passage, []).append(each)
    return found


def ranked(siblings: Sequence[Tried]) -> list[Tried]:
    """Best first; of equal ones the first sampled. Those without a value are left out."""
    valued = [(each.value, each) for each in siblings if each.value is not None]
    return [each for _, each in sorted(valued, key=lambda pair: -pair[0])]


def best_of_each(tried: Iterable[Tried], guard: Guard | None) -> tuple[list[Tried], int]:
    """The best candidate of each passage that `guard` admits, and how many better ones it refused."""
    accepted: list[Tried] = []
    refused = 0
    for siblings in by_passage(tried).values():
        texts = [each.candidate.completion for each in accepted]
        for each in ranked(siblings):
            if guard is None or guard.admits(each.candidate.completion, texts):
                accepted.append(each)
                break
            refused += 1
    return accepted, refused


def diversity_of(candidates: Iterable[Candidate]) -> Diversity:
    return diversity([candidate.completion for candidate in candidates])
