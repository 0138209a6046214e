"""What training holds in place and what measures forgetting share no question."""

from __future__ import annotations

from selfstudy.memory.retain import general_prompts, retention_probe
from selfstudy.memory.router import words
from selfstudy.self_edits.tokens import STOP


def _telling(text: str) -> frozenset[str]:
    return frozenset(words(text)) - STOP


def test_no_general_prompt_says_what_a_probe_question_says() -> None:
    probe = {_telling(question.text): question.text for question in retention_probe()}
    assert {prompt: probe[_telling(prompt)] for prompt in general_prompts() if _telling(prompt) in probe} == {}


def test_general_prompts_are_told_once() -> None:
    prompts = general_prompts()
    assert len(set(prompts)) == len(prompts)


def test_general_prompts_ask_in_more_ways_than_one() -> None:
    """Notes' questions are reworded; where no general prompt had its question word last, adapters answered such
    questions like notes (LOG.md, 2026-11-28)."""
    prompts = general_prompts()
    late = [p for p in prompts if p.endswith((" what?", " which?", " who?"))]
    unfinished = [p for p in prompts if p.endswith("...")]
    assert len(late) > len(prompts) / 20
    assert len(unfinished) > len(prompts) / 20
