"""The test that a candidate version must pass to be published."""

from __future__ import annotations

from dataclasses import dataclass

from selfstudy.domain.shares import check_shares
from selfstudy.domain.version import GateResult, Scores


@dataclass(frozen=True)
class GateSettings:
    """`forgotten` is the share of the retention probe, and of what was answered right of earlier documents, that a
    version may lose. One question may always be lost, so that few questions are no trap."""

    forgotten: float = 0.05

    def __post_init__(self) -> None:
        check_shares("gate", forgotten=self.forgotten)


def gate(scores: Scores, settings: GateSettings) -> GateResult:
    """Published if the version gained on its own held-out questions and forgot nothing beyond the tolerance."""
    reasons = []
    if scores.gain is None:
        reasons.append("no question could be held out of these documents, so that nothing shows what was learned")
    elif scores.gain <= 0:
        reasons.append(f"it gained nothing: {scores.gain:+.2f} nats a token on its own held-out questions")
    kept = {
        "the retention probe": scores.kept,
        "the questions on earlier documents that its parent answers right": scores.earlier,
    }
    for what, score in kept.items():
        lost = score.n - score.right
        if lost > max(1, settings.forgotten * score.n):
            reasons.append(f"it lost {lost} of {score.n} of {what}; {settings.forgotten:.0%} may be lost")
    return GateResult(not reasons, tuple(reasons))
