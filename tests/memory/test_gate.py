"""What may be published."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfstudy.domain.version import Score, Scores
from selfstudy.memory.gate import GateSettings, gate

FINE = Scores("self", Score(0, 9), Score(5, 9), Score(99, 100), Score(80, 100), Score(8, 8), gain=1.5, gain_error=0.2)


def test_a_version_that_gained_and_kept_is_published() -> None:
    assert gate(FINE, GateSettings()).published
    assert gate(FINE, GateSettings()).reasons == ()


@pytest.mark.parametrize(("gain", "reason"), [
    (0.0, "it gained nothing: +0.00 nats a token on its own held-out questions"),
    (-0.25, "it gained nothing: -0.25 nats a token on its own held-out questions"),
    (None, "no question could be held out of these documents, so that nothing shows what was learned"),
])  # fmt: skip
def test_no_gain(gain: float | None, reason: str) -> None:
    found = gate(replace(FINE, gain=gain), GateSettings())
    assert (found.published, found.reasons) == (False, (reason,))


@pytest.mark.parametrize(
    ("kept", "n", "published"),
    [(95, 100, True), (94, 100, False), (1, 2, True), (0, 2, False), (0, 0, True), (9, 10, True), (8, 10, False)],
)
def test_the_probe_may_lose_a_share_and_always_one(kept: int, n: int, published: bool) -> None:
    assert gate(replace(FINE, kept=Score(kept, n)), GateSettings(0.05)).published is published


def test_earlier_documents_count_and_all_reasons_are_given() -> None:
    found = gate(replace(FINE, gain=-1.0, earlier=Score(4, 8), earlier_new=Score(1, 12)), GateSettings())
    assert found.reasons == (
        "it gained nothing: -1.00 nats a token on its own held-out questions",
        "on earlier documents it answers 5 of 20 questions and its parent 8; 5% may be lost",
    )


@pytest.mark.parametrize(
    ("kept", "newly", "published"),
    [((8, 8), (0, 12), True), ((7, 8), (0, 12), True), ((6, 8), (0, 12), False), ((6, 8), (1, 12), True),
     ((4, 8), (3, 12), True), ((8, 10), (0, 30), True), ((7, 10), (0, 30), False), ((0, 0), (0, 9), True)],
)  # fmt: skip
def test_of_earlier_documents_the_fall_in_accuracy_counts(
    kept: tuple[int, int], newly: tuple[int, int], published: bool
) -> None:
    scores = replace(FINE, earlier=Score(*kept), earlier_new=Score(*newly))
    assert gate(scores, GateSettings(0.05)).published is published


def test_always_on_does_not_decide() -> None:
    assert gate(replace(FINE, kept_always_on=Score(0, 100)), GateSettings()).published


def test_the_tolerance_is_a_share() -> None:
    with pytest.raises(ValueError) as caught:
        GateSettings(1.0)
    assert str(caught.value) == "gate: forgotten 1.0 must be at least 0 and below 1, a share"
