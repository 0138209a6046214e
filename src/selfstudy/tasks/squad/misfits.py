"""Settings of a preset that are right by themselves and do not fit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from selfstudy.self_edits.free_forms import says_its_own

if TYPE_CHECKING:
    from selfstudy.tasks.squad.preset import Preset

Place = Callable[[tuple[str, ...]], str]
"""Where a key stands."""


def misfits(preset: Preset, place: Place) -> list[str]:
    """What does not fit, a line each with key and place."""
    problems = []
    if "default" not in preset.recipes:
        problems.append(f"{place(('recipes',))}: recipes: one of them must be called default")
    for name in preset.bandit.recipes if preset.bandit else ():
        if name not in preset.recipes:
            problems.append(
                f"{place(('bandit', 'recipes'))}: bandit.recipes {name!r}: there is no such recipe; "
                f"there are {', '.join(preset.recipes)}"
            )
    races = [("reward", preset.reward.race_tokens), *([("loop", preset.loop.race_tokens)] if preset.loop else [])]
    for table, rungs in races:
        if list(rungs) != sorted(set(rungs)):
            problems.append(f"{place((table, 'race_tokens'))}: {table}.race_tokens: they must grow from rung to rung")
        if rungs and not rungs[-1]:
            problems.append(f"{place((table, 'race_tokens'))}: {table}.race_tokens: the last rung must train")
    if preset.loop and preset.loop.race_rows_per_step and not preset.loop.race_tokens:
        problems.append(f"{place(('loop', 'race_rows_per_step'))}: loop.race_rows_per_step: it needs race_tokens")
    if preset.loop and preset.loop.retention and not preset.probe:
        problems.append(f"{place(('loop', 'retention'))}: loop.retention: it needs probe above 0")
    known = ["passage_only", *preset.forms, *(f"notes:{name}" for name in preset.notes), *["ours"] * preset.ours]
    problems += [
        f"{place(('distilled',))}: distilled {name!r}: there is no such row of fixed self-edits; there are "
        f"{', '.join(known)}"
        for name in preset.distilled
        if name not in known
    ]
    if preset.distilled and "default" in preset.recipes and preset.recipes["default"].rule == "distil":
        problems.append(f"{place(('distilled',))}: distilled: recipes.default distils every row already")
    return problems + [
        f"{place((table, 'cost'))}: {table}.cost: {why} its epochs; give a cost above 0 or train_tokens, or training "
        "longer would win unnoticed"
        for table, why in _unpriced(preset)
    ]


def _unpriced(preset: Preset) -> list[tuple[str, str]]:
    """Tables by whose reward a self-edit could win by asking for more epochs, each with who chooses there."""
    if preset.train_tokens:
        return []
    forms: list[tuple[str, str]] = []
    if preset.loop and not preset.loop.cost and not preset.loop.race_tokens:
        forms.append(("loop", preset.loop.form))
    if preset.best_of and not preset.best_of.cost:
        forms.append(("best_of", preset.best_of_form))
    if preset.bandit and not preset.bandit.cost:
        forms += [("bandit", name) for name in preset.bandit.forms]
    found = [(table, f"in the form {name} a self-edit chooses") for table, name in forms if says_its_own(name)]
    if preset.bandit and not preset.bandit.cost and any(told.epochs for told in preset.bandit.directives):
        found.append(("bandit", "an arm's directives choose"))
    return found
