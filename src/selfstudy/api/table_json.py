"""A reproduction as JSON values."""

from __future__ import annotations

from dataclasses import asdict

from selfstudy.domain.rewarded import Pace
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.tasks.squad.reward_study import StageRecord
from selfstudy.tasks.squad.rounds import RoundRecord
from selfstudy.tasks.squad.table import TableRow


def row_json(row: TableRow) -> dict[str, object]:
    """Shares from 0 to 1, likelihood gains in nats a token; None for what the data do not determine."""
    accuracy, gain = row.accuracy, row.likelihood_gain
    return {
        "name": row.name, "accuracy": accuracy.value, "low": accuracy.low, "high": accuracy.high,
        "likelihood_gain": gain.value, "gain_low": gain.low, "gain_high": gain.high, "n": row.num_questions,
        "passages": sum(bool(each.right) for each in row.answered), "train_tokens": row.train_tokens,
        "seconds": row.seconds, "failed": row.failed, **_pace(row.pace),
    }  # fmt: skip


def round_json(of: RoundRecord) -> dict[str, object]:
    """Rewards in the unit of the named reward; `tried` has every candidate."""
    return {
        "algorithm": of.algorithm, "round": of.round, "arm": of.arm, "reward": of.reward,
        "passages": len({each.passage for each in of.tried}), "candidates": len(of.tried),
        "failed": sum(each.reward is None for each in of.tried), "accepted": sum(each.accepted for each in of.tried),
        "refused": of.refused, **_estimate("mean", of.mean), **_estimate("best", of.best), "spread": of.spread,
        "seconds": of.seconds, **_pace(of.pace), "accepted_diversity": asdict(of.accepted_diversity),
        "sampled_diversity": asdict(of.sampled_diversity), "tried": [asdict(each) for each in of.tried],
    }  # fmt: skip


def stage_json(of: StageRecord) -> dict[str, object]:
    """An evaluation or a rung of the reward study, with every candidate in it."""
    return {
        "name": of.name, "rung": of.rung, "budget": of.budget, "candidates": len(of.tried),
        **_estimate("mean", of.mean), "seconds": of.seconds, **_pace(of.pace),
        "tried": [asdict(each) for each in of.tried],
    }  # fmt: skip


def _estimate(name: str, of: Estimate) -> dict[str, object]:
    return {name: of.value, f"{name}_low": of.low, f"{name}_high": of.high}


def _pace(of: Pace) -> dict[str, object]:
    return {
        "trials": of.trials, "seconds_a_trial": of.seconds, "seconds_a_trial_least": of.least,
        "seconds_a_trial_most": of.most,
    }  # fmt: skip
