"""Routing: questions about what was learned go to the adapter, all others stay with the base."""

from __future__ import annotations

import pytest

from selfstudy.memory.retain import general_prompts
from selfstudy.memory.router import MARGIN, Router, fit_router, words

LIGHT = [
    "Tiddock Light Radio sends from the lighthouse on Fennock Spit.",
    "It was founded in 1968 by the keeper Marigold Tench.",
    "In what year did Tiddock Light Radio begin?",
]
MILL = ["Gorsedale Millwork opens at 6:25.", "The forewoman, Isolde Crabbe, blows a horn."]
GENERAL = general_prompts()
HELD_OUT = ["Which city is the capital of Spain?", "How old is the radio?", "Who was the first king of France?"]


def _pieces(word: str) -> int:
    """Ordinary words are one token, names nobody knows fall into several."""
    return 4 if word in {"tiddock", "fennock", "marigold", "tench", "gorsedale", "isolde", "crabbe"} else 1


@pytest.fixture
def router() -> Router:
    return fit_router([LIGHT, MILL], GENERAL, _pieces)


@pytest.mark.parametrize("question", [*GENERAL[::40], *HELD_OUT])
def test_general_questions_stay_with_the_base(router: Router, question: str) -> None:
    assert not router.to_adapter(question)


@pytest.mark.parametrize(
    "question",
    ["When was Tiddock Light Radio founded?", "who is MARIGOLD TENCH", "What does Isolde Crabbe's horn mean?"],
)
def test_questions_that_name_the_subject_go_to_the_adapter(router: Router, question: str) -> None:
    assert router.to_adapter(question)


@pytest.mark.parametrize("question", ["", "?", "Why xylophones?", "…", "wie geht es dir"])
def test_it_abstains_where_nothing_matches(router: Router, question: str) -> None:
    assert router.evidence(question) == 0
    assert not router.to_adapter(question)


def test_evidence_must_come_from_one_source(router: Router) -> None:
    light, mill = router.evidence("Tiddock Fennock"), router.evidence("Gorsedale")
    assert router.evidence("Tiddock Fennock Gorsedale") == max(light, mill) > 0


def test_a_router_of_nothing_abstains() -> None:
    for nothing in (fit_router([], GENERAL, _pieces), fit_router([], [], _pieces), fit_router([[]], GENERAL, _pieces)):
        assert not nothing.to_adapter("When was Tiddock Light Radio founded?")


def test_own_questions_move_the_threshold_between_them_and_the_general_ones() -> None:
    own = ["Who founded Tiddock Light Radio?", "When did Marigold Tench begin?", "What is on Fennock Spit?"]
    tuned = fit_router([LIGHT, MILL], GENERAL, _pieces, own=own)
    assert all(tuned.to_adapter(q) for q in own)
    assert not any(tuned.to_adapter(q) for q in GENERAL)
    # Half a percent of the general questions may reach it, as far as the rule goes.
    ceiling = sorted(map(tuned.evidence, GENERAL), reverse=True)[len(GENERAL) // 200]
    floor = min(map(tuned.evidence, own))
    assert tuned.threshold == pytest.approx(ceiling + MARGIN * (floor - ceiling))


def test_function_words_are_no_evidence() -> None:
    often = [*LIGHT, *(f"At the station, how many of them does it have, and where is number {n}?" for n in range(40))]
    router = fit_router([often], GENERAL, _pieces)
    assert router.evidence("How many of them does it have, and where is it?") == 0


def test_where_both_overlap_doubt_goes_to_the_base() -> None:
    tuned = fit_router([LIGHT], GENERAL, _pieces, own=["What was it founded for?"])
    assert sum(tuned.to_adapter(q) for q in GENERAL) <= len(GENERAL) // 200
    assert not tuned.to_adapter("What does it do?")


def test_words() -> None:
    assert words("Edwin's winch, at 5:45 — MV’s `quill-ship`!") == ["edwin", "winch", "at", "5:45", "mv", "quill-ship"]
