"""Settings of a study."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.memory.learn import LearnSettings
from selfstudy.self_edits.contract import Check

TRIAL_RECIPE = UpdateRecipe(rank=16, alpha=32.0, targets=ALL_LINEAR, learning_rate=2e-3, rows_per_step=8)


@dataclass(frozen=True)
class Candidate:
    """A way to write one self-edit: a format's name, how many wordings a fact, how they are judged, and of how many
    facts a passage (None: as many as the format takes)."""

    format: str
    samples: int = 2
    check: Check = "apart"
    facts: int | None = None


@dataclass(frozen=True)
class StudySettings:
    """`candidates` race against each other for every passage; `quiz` questions a passage are held out from them.

    `budgets` are the rows trained at each of the race's rungs. One rung for all: with three candidates a first rung of
    24 rows saves nothing (3 · 24 + 2 · 72 = 3 · 72), and after it notes that teach well by 72 may still look worse than
    the bare passage.
    """

    candidates: tuple[Candidate, ...] = (
        Candidate("questions", 3),
        Candidate("question_answer", 3),
        Candidate("raw"),
    )
    quiz: int = 6
    trial: UpdateRecipe = TRIAL_RECIPE
    budgets: tuple[int, ...] = (72,)
    trial_first_layer: float = 0.5
    learn: LearnSettings = field(default_factory=LearnSettings)


NARROW = 768
WIDE_RATE = 5e-4
WIDE_FIRST_LAYER = 0.15
WIDE_PROTECTED = 0.4
WIDE_KEEP = 0.85
WIDE_FACTS = 24
WIDE_CANDIDATES = (
    Candidate("questions", 5, check="read", facts=WIDE_FACTS),
    Candidate("question_answer", 3, check="read"),
    Candidate("raw"),
)


def settings_for(width: int) -> StudySettings:
    """Settings for a model with hidden states of `width` numbers.

    Two models were measured (LOG.md): at 576 (SmolLM2-135M) 1e-3 learned too little, at 896 (Qwen2.5-Coder-0.5B) 2e-3
    does not converge and loses two fifths of the probe, while 5e-4 keeps 96 %. There, adapters from layer 10 of 24 on
    confuse facts that are alike, those from layer 4 on much less. With three fifths of the directions protected they
    learn wordings rather than facts from few notes, with none they forget; of what was trained, 0.85 answers as much
    as all of it and forgets less. A model of that width reads well enough to check its own questions by reading them
    again. Wider models get what was best at 896.

    With the mean of the weights of the last three quarters of the steps, instead of those of the last one, the small
    model keeps more of the base and learns as much; of the larger one no difference was shown.
    """
    settings = StudySettings()
    if width < NARROW:
        return settings
    recipe = replace(settings.learn.recipe, learning_rate=WIDE_RATE)
    learn = replace(
        settings.learn, recipe=recipe, first_layer=WIDE_FIRST_LAYER, protected=WIDE_PROTECTED, keep=WIDE_KEEP
    )
    trial = replace(settings.trial, learning_rate=WIDE_RATE)
    return replace(settings, candidates=WIDE_CANDIDATES, learn=learn, trial=trial)
