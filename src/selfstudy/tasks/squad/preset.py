"""Presets: every setting of a reproduction in one TOML file, checked whole before any work."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from selfstudy.domain.directives import HIGHEST_RATE, LOWEST_RATE, MOST_EPOCHS, Directives, UpdateRule
from selfstudy.domain.recipe import ALL_LINEAR, QV, Schedule, UpdateRecipe
from selfstudy.domain.update import Update
from selfstudy.outer_loop.contract import Arm, LoopSettings
from selfstudy.outer_loop.guard import Guard
from selfstudy.outer_loop.registry import ALGORITHMS
from selfstudy.outer_loop.rewards import REWARDS
from selfstudy.self_edits.free_forms import FREE_FORMS, says_its_own
from selfstudy.settings import Layer, flag_place, read_toml, validated
from selfstudy.tasks.squad.misfits import misfits


def _one_of(known: Collection[str], what: str) -> AfterValidator:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"there is no {what} of this name; there are {', '.join(known)}")
        return name

    return AfterValidator(check)


OWN_FORMS = ("questions", "question_answer")
"""The project's own, which are no one prompt that an editor could be taught to answer better."""
Form = Annotated[str, _one_of((*FREE_FORMS, *OWN_FORMS), "form")]
FreeForm = Annotated[str, _one_of(tuple(FREE_FORMS), "form that an editor can be taught")]
RewardName = Annotated[str, _one_of(REWARDS, "reward")]
Rungs = tuple[Annotated[int, Field(ge=0)], ...]
"""Of a race, in tokens trained on; 0 looks at the text alone."""
TRAINED = {name: algorithm for name, algorithm in ALGORITHMS.items() if name in ("rest_em", "weighted_winners")}
Trains = Annotated[str, _one_of(TRAINED, "algorithm that teaches the editor")]
Positive = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecipeTable(_Table):
    """An update recipe; see `domain.recipe.UpdateRecipe`. `targets` "qv" is SEAL's query and value projections."""

    rank: Positive = 32
    alpha: Annotated[float, Field(gt=0)] = 64.0
    targets: Literal["qv", "all"] = "qv"
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    schedule: Schedule = "linear"
    epochs: Positive = 10
    rows_per_step: Positive = 1

    def recipe(self) -> UpdateRecipe:
        told = self.model_dump(exclude={"rule"}) | {"targets": QV if self.targets == "qv" else ALL_LINEAR}
        return UpdateRecipe(**told)


class UpdateTable(RecipeTable):
    """A recipe with the update rule: "sft" trains on the rows' own tokens, "distil" on what the learner's base would
    predict there with the passage open."""

    rule: UpdateRule = "sft"

    def update(self) -> Update:
        return Update(self.recipe(), self.rule)


class DirectivesTable(_Table):
    """Directives that a self-edit is given; see `domain.directives.Directives`. What is left out the recipe decides."""

    learning_rate: Annotated[float, Field(ge=LOWEST_RATE, le=HIGHEST_RATE)] | None = None
    epochs: Annotated[int, Field(ge=1, le=MOST_EPOCHS)] | None = None
    rule: UpdateRule | None = None

    def directives(self) -> Directives:
        return Directives(self.learning_rate, self.epochs, self.rule)


class SamplingTable(_Table):
    """How self-edits are sampled; see `outer_loop.bench.Sampling`."""

    temperature: Annotated[float, Field(ge=0)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    most_tokens: Positive = 2048
    chat: bool = False


class LoopTable(_Table):
    """The outer loop. Each of `rounds` has `passages` new passages of the training file.

    With `race_tokens` siblings race over those rungs, under one seed each, instead of being tried in full; in steps of
    `race_rows_per_step` rows, if that is told.
    """

    algorithms: tuple[Trains, ...] = ("rest_em",)
    form: FreeForm = "implications"
    rounds: Positive = 2
    passages: Positive = 50
    samples: Positive = 5
    seeds: Positive = 3
    reward: RewardName = "key_accuracy"
    retention: Annotated[float, Field(ge=0)] = 0.0
    cost: Annotated[float, Field(ge=0)] = 0.0
    guard: bool = True
    race_tokens: Rungs = ()
    race_rows_per_step: Positive | None = None


class BanditTable(_Table):
    """The bandit: `passages` in batches of `batch`, each trying `pulls` of the arms: forms times recipes times
    directives, but forms that say their own are given none. `cost` is subtracted from the reward for each thousand
    tokens of training."""

    forms: tuple[Form, ...] = ("implications", "implications_long", "rewrite", "self_qa", "none")
    recipes: tuple[str, ...] = ("default",)
    directives: tuple[DirectivesTable, ...] = ()
    passages: Positive = 20
    batch: Positive = 5
    pulls: Positive = 2
    reward: RewardName = "key_likelihood"
    cost: Annotated[float, Field(ge=0)] = 0.0


class BestOfTable(_Table):
    """Best of `samples` of one form by a reward that needs no answer key, less `cost` for each thousand tokens of
    training. Gaps in the passage find more of what a key would find than the model's own questions do (LOG.md); between
    forms they would favour the passage itself."""

    samples: Positive = 5
    reward: Annotated[Literal["quiz_likelihood", "cloze", "quiz_and_cloze"], Field()] = "cloze"
    cost: Annotated[float, Field(ge=0)] = 0.0


class RewardStudyTable(_Table):
    """`samples` candidates of `form` on each of `passages`, under `seeds` seeds, at `train_tokens` each; `rewards` are
    looked at, and whatever is, the race by the answer key.

    `race_tokens` are the race's rungs (`outer_loop.race`): all start, after each rung the better half goes on, after
    the last the best is taken. A rung of 0 tokens looks at what the rows mention of the answers, trains nothing and
    leaves three quarters; the others train as the full evaluation does, only less, and in steps of `race_rows_per_step`
    rows if that is told: fewer rows make about as many steps of fewer tokens, and what is to be seen in few tokens is
    seen by the number of steps (LOG.md).
    """

    passages: Annotated[int, Field(ge=2)] = 50
    form: FreeForm = "rewrite"
    samples: Annotated[int, Field(ge=2)] = 5
    seeds: Annotated[int, Field(ge=2)] = 3
    train_tokens: Positive = 4000
    race_tokens: Annotated[Rungs, Field(min_length=1)] = (0, 1600)
    race_rows_per_step: Positive | None = None
    rewards: Annotated[tuple[RewardName, ...], Field(min_length=1)] = tuple(REWARDS)


class Preset(_Table):
    """A reproduction. `paper` says which version of the paper it follows; `passages` are those that report.

    The self-edits of the rows in `distilled` are trained on a second time by context distillation, as a row of its own:
    same rows, seeds and steps. `train_tokens` above 0 trains every self-edit on so many tokens, whatever epochs its
    recipe or its directives name.
    """

    paper: str
    model: str = "smollm2-135m"
    passages: Annotated[int, Field(ge=2)] = 200
    seeds: Positive = 1
    seed: int = 0
    forms: tuple[Form, ...] = ("implications", "implications_long", "rewrite", "self_qa", "none")
    notes: tuple[str, ...] = ()
    distilled: tuple[str, ...] = ()
    controls: bool = True
    ours: bool = True
    cohort: Positive = 8
    answer_tokens: Positive = 64
    train_tokens: Annotated[int, Field(ge=0)] = 0
    probe: Annotated[int, Field(ge=0)] = 0
    sampling: SamplingTable = SamplingTable()
    recipes: dict[str, UpdateTable] = Field(default_factory=lambda: {"default": UpdateTable()})
    editor: RecipeTable = RecipeTable(rank=64, alpha=128, targets="all", learning_rate=3e-4, epochs=2, rows_per_step=10)
    loop: LoopTable | None = LoopTable()
    bandit: BanditTable | None = BanditTable()
    best_of: BestOfTable | None = BestOfTable()
    reward: RewardStudyTable = RewardStudyTable()

    def loop_settings(self) -> LoopSettings:
        assert self.loop is not None
        guard = Guard() if self.loop.guard else None
        return LoopSettings(self.loop.samples, self.loop.seeds, seed=self.seed, guard=guard)

    @property
    def best_of_form(self) -> str:
        """What best-of-n samples: the form that the loop teaches, or the first fixed one."""
        return self.loop.form if self.loop else self.forms[0]

    def bandit_arms(self) -> list[Arm]:
        assert self.bandit is not None
        given = [told.directives() for told in self.bandit.directives] or [Directives()]
        return [
            Arm(form, recipe, directives)
            for form in self.bandit.forms
            for recipe in self.bandit.recipes
            for directives in ([Directives()] if says_its_own(form) else given)
        ]


def read_preset(file: Path, flags: Mapping[str, object]) -> Preset:
    """The preset in `file` with `flags` over it.

    Raises:
        ValueError: everything that is wrong with it, a line each, with key and place.
    """
    values, lines = read_toml(file)

    def place(key: tuple[str, ...]) -> str:
        line = next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), None)
        return f"{file}:{line}" if line else str(file)

    layers: list[Layer] = [(values, place), (flags, flag_place)]
    found = validated(Preset, layers)
    if problems := misfits(found, place):
        raise ValueError("\n".join(problems))
    return found


def misfits_with_data(
    preset: Preset, num_train: int, num_report: int, notes: frozenset[str], reward: bool
) -> list[str]:
    """What a preset asks for that the data do not have, a line each."""
    problems = []
    needed = preset.reward.passages if reward else needed_for_training(preset)
    if num_train < needed:
        problems.append(f"preset: it needs {needed} passages to train on, the data have {num_train}")
    if not reward:
        if num_report < preset.passages:
            problems.append(f"preset: passages {preset.passages}: the data have {num_report} that report")
        if notes:
            problems += [
                f"preset: notes {name!r}: the data have no such file; there are {', '.join(sorted(notes))}"
                for name in preset.notes
                if name not in notes
            ]
    return problems


def needed_for_training(preset: Preset) -> int:
    """Passages of the training file that the loop's rounds and the bandit draw from."""
    loop = preset.loop.rounds * preset.loop.passages if preset.loop else 0
    return max(loop, preset.bandit.passages if preset.bandit else 0)
