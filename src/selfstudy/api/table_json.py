"""A reproduction as JSON values."""

from __future__ import annotations

from selfstudy.tasks.squad.table import TableRow


def row_json(row: TableRow) -> dict[str, object]:
    """Shares from 0 to 1, likelihood gains in nats a token; None for what the data do not determine."""
    accuracy, gain = row.accuracy, row.likelihood_gain
    return {
        "name": row.name, "accuracy": accuracy.value, "low": accuracy.low, "high": accuracy.high,
        "likelihood_gain": gain.value, "gain_low": gain.low, "gain_high": gain.high, "n": row.num_questions,
        "passages": sum(bool(each.right) for each in row.answered), "train_tokens": row.train_tokens,
        "seconds": row.seconds, "failed": row.failed,
    }  # fmt: skip
