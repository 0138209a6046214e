"""Measurements of the inner loop's benchmark as rows, ratios and text."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.inner_loop_cases import Measured
from benchmarks.timing import TARGETS, Spread, spread, table, training_flop

from selfstudy.engine.engine import Engine

CASES = ("ours", "peft", "reference", "decode")
COLUMNS = {
    "case": "{}", "targets": "{}", "adapters": "{}", "seconds_per_trial": "{:.3f}", "min": "{:.3f}", "max": "{:.3f}",
    "train_seconds": "{:.3f}", "quiz_seconds": "{:.3f}", "train_tokens_per_s": "{:.0f}", "share_of_peak": "{:.1%}",
    "decoded_tokens_per_s": "{:.0f}", "steps": "{:.0f}", "padding_share": "{:.1%}", "peak_memory_mb": "{:.0f}",
}  # fmt: skip

Found = Mapping[tuple[str, str], Sequence[Any]]
"""By case and targets what the rounds gave: `Measured`, and of the case `decode` `Decoded`."""


def row_of(case: str, targets: str, found: Sequence[Measured], rates: Sequence[float], flop: int) -> dict[str, Any]:
    """A case over its rounds: `min` and `max` are of seconds_per_trial, `rates` the products' of the same rounds."""
    one, trials = found[0], [m.seconds_per_trial for m in found]
    decoded = [m.decoded_tokens / m.quiz_seconds for m in found if m.decoded_tokens]
    return {
        "case": case, "targets": targets, "adapters": one.adapters,
        "seconds_per_trial": statistics.median(trials), "min": min(trials), "max": max(trials),
        "train_seconds": statistics.median(m.train_seconds / m.adapters for m in found),
        "quiz_seconds": statistics.median(m.quiz_seconds / m.adapters for m in found),
        "train_tokens_per_s": statistics.median(m.train_tokens_per_s for m in found),
        "share_of_peak": statistics.median(flop / m.train_seconds / rate for m, rate in zip(found, rates, strict=True)),
        "decoded_tokens_per_s": statistics.median(decoded) if decoded else None,
        "steps": one.steps / one.adapters, "padding_share": one.padding_share,
        "peak_memory_mb": max(m.peak_memory_mb for m in found),
    }  # fmt: skip


def ratios_of(found: Found, ours: str = "ours") -> dict[str, dict[str, Spread | None]]:
    """How many times as quick the case `ours` is on the baseline's adapters, by targets; and a quiz of 16 adapters."""

    def trials(case: str, targets: str) -> Spread | None:
        pairs = zip(found.get((case, targets), ()), found.get((ours, targets), ()), strict=False)
        return spread([(t.train_seconds + t.quiz_seconds) / o.seconds_for(t) for t, o in pairs])

    def quizzes(targets: str) -> Spread | None:
        return spread([d.generate_seconds / d.ours_seconds for d in found.get(("decode", targets), ())])

    ratios = {f"ours_vs_{case}": {t: trials(case, t) for t in TARGETS} for case in ("reference", "peft")}
    return {**ratios, "decode_vs_generate": {t: quizzes(t) for t in TARGETS}}


def report(engine: Engine, rates: Sequence[float], found: Found, same: str) -> dict[str, Any]:
    """What goes into the JSON file of the measurements; `same` is the case of ours on the baseline's adapters alone."""
    rows, head = [], engine.backbone.head.weight.numel()
    for (case, targets), measured in found.items():
        if case != "decode":
            tokens, trained = measured[0].tokens, measured[0].trained_tokens
            flop = training_flop(engine.projections, head, TARGETS[targets], 32, tokens, trained)
            rows.append(row_of(case, targets, measured, rates, flop))
    trial, alone = ratios_of(found), ratios_of(found, same)
    del alone["decode_vs_generate"]
    return {
        "flop_per_s_of_products": list(rates),
        "rows": [row for row in rows if row["case"] in CASES],
        "rows_beside": [row for row in rows if row["case"] not in CASES],
        "ratios": {name: {t: s and s.median for t, s in of.items()} for name, of in trial.items()},
        "spread": {name: {t: s and s._asdict() for t, s in of.items()} for name, of in trial.items()},
        "ratios_same": {name: {t: s and s._asdict() for t, s in of.items()} for name, of in alone.items()},
        "decode": {t: [d._asdict() for d in measured] for (case, t), measured in found.items() if case == "decode"},
    }


def show(document: Mapping[str, Any]) -> str:
    """A report as text."""
    rates = ", ".join(f"{rate / 1e9:.0f}" for rate in document["flop_per_s_of_products"])
    lines = [f"bare products: {rates} GFLOP/s", table([*document["rows"], *document["rows_beside"]], COLUMNS)]
    for name, of in (
        *document["spread"].items(),
        *((f"{name}, these adapters alone at work", of) for name, of in document["ratios_same"].items()),
    ):
        shown = [f"{t} {s['median']:.2f} [{s['min']:.2f}..{s['max']:.2f}]" for t, s in of.items() if s]
        lines.append(f"{name}: {', '.join(shown) or 'not measured'}")
    for targets, decoded in document["decode"].items():
        equal = statistics.mean(d["same_answers"] for d in decoded)
        lines.append(f"decode, {targets}: {equal:.1%} of the answers are generate's")
    return "\n".join(lines)
