"""The test that a candidate version must pass to be published."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.shares import check_shares
from selfstudy.domain.version import GateResult, Scores


@dataclass(frozen=True)
class GateSettings:
    """`forgotten` is the share of the retention probe, and of the questions on earlier documents, that a version may
    lose. One question may always be lost, so that few questions are no trap."""

    forgotten: float = 0.05

    def __post_init__(self) -> None:
        check_shares("gate", forgotten=self.forgotten)


def gate(scores: Scores, settings: GateSettings) -> GateResult:
    """Published if the version gained on its own held-out questions and forgot nothing beyond the tolerance.

    Of earlier documents the fall in accuracy counts: answers lost less answers gained, of all questions. The probe has
    only what the base answers right, but a parent's right answers are partly luck, and a version that knows as much as
    its parent has other luck: it loses some of them and gains others.
    """
    reasons = []
    if scores.gain is None:
        reasons.append("no question could be held out of these documents, so that nothing shows what was learned")
    elif scores.gain <= 0:
        reasons.append(f"it gained nothing: {scores.gain:+.2f} nats a token on its own held-out questions")
    probe, then, now = scores.kept, scores.earlier_before, scores.earlier_after
    lost = probe.n - probe.right
    if lost > _may_lose(settings, probe.n):
        reasons.append(f"it lost {lost} of {probe.n} of the retention probe; {settings.forgotten:.0%} may be lost")
    if then.right - now.right > _may_lose(settings, now.n):
        reasons.append(
            f"on earlier documents it answers {now.right} of {now.n} questions and its parent {then.right}; "
            f"{settings.forgotten:.0%} may be lost"
        )
    return GateResult(not reasons, tuple(reasons))


def _may_lose(settings: GateSettings, questions: int) -> float:
    return max(1, settings.forgotten * questions)
