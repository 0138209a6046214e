"""Learn a document set: one adapter on the notes of all passages, the base held in place, and a router for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from selfstudy.domain.identity import content_hash
from selfstudy.domain.journal import Journal, Unrecorded
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.shares import check_shares
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.contract import EngineContract, TrainJob
from selfstudy.memory.curriculum import Rewording, Synonyms, curriculum, rehearsals
from selfstudy.memory.router import Pieces, Router, fit_router

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Progress = Callable[[int, int], None]
LEAST_EPOCHS = 6
WARM_UP = 0.1
"""Share of the steps in which the rate rises where training goes on from an adapter: the optimizer's first steps, which
know no scale of the gradient yet, would be large ones away from what was learned."""

LEARN_RECIPE = UpdateRecipe(
    rank=32, alpha=64.0, targets=ALL_LINEAR, learning_rate=2e-3, rows_per_step=8, epochs=1, shuffle=False, averaged=0.75
)


@dataclass(frozen=True)
class LearnSettings:
    """How notes become an adapter. Depths are shares of the model's layers, so that they fit models of any depth.

    `first_layer` is where adaptation begins. `rows` is about how many rows are trained on in all, repeats and general
    rows counted: time is bounded, and few notes are repeated more often than many (at least `LEAST_EPOCHS` times).
    `general_share` is the share of general rows that hold the base in place; `protected` the share of input directions,
    leading on `protected_rows` general rows, that the adapter may not read (0: none). `keep` is the share of the
    trained update that stays: less of it disturbs the base less, and what was learned well is still answered (the idea
    is that of WiSE-FT, arXiv 2109.01903).
    """

    recipe: UpdateRecipe = LEARN_RECIPE
    first_layer: float = 0.4
    rows: int = 2200
    general_share: float = 0.44
    protected: float = 0.6
    protected_rows: int = 120
    keep: float = 1.0
    rewording: Rewording = field(default_factory=Rewording)

    def epochs(self, num_notes: int) -> int:
        """How often each of `num_notes` notes is trained on."""
        return max(LEAST_EPOCHS, round(self.rows * (1 - self.general_share) / num_notes))

    def first_of(self, layers: int) -> int:
        """The first adapted layer of a model with `layers`."""
        return round(layers * self.first_layer)

    def recipe_for(self, layers: int) -> UpdateRecipe:
        """The recipe for a model with `layers`, for rows that are laid out in order already."""
        first = self.first_of(layers)
        return replace(self.recipe, epochs=1, shuffle=False, layers=(first, layers) if first else None)

    def __post_init__(self) -> None:
        check_shares("learn", first_layer=self.first_layer, general_share=self.general_share, protected=self.protected)
        if not 0 < self.keep <= 1:
            raise ValueError(f"learn: keep {self.keep} must be above 0 and at most 1")
        if self.rows < 1:
            raise ValueError(f"learn: rows {self.rows} must be at least 1")


@dataclass(frozen=True, eq=False)
class Learned:
    """An adapter with the router that guards it, and what training it cost. `file` is the adapter as it is recorded."""

    adapter: Adapter
    router: Router
    file: bytes
    steps: int
    tokens: int
    trained_tokens: int
    losses: tuple[float, ...]


def train_on_notes(
    engine: EngineContract,
    form: PromptForm,
    passages: Sequence[Passage],
    notes: Sequence[Row],
    general: Sequence[TokenRow],
    general_prompts: Sequence[str],
    *,
    settings: LearnSettings,
    synonyms: Synonyms,
    pieces: Pieces,
    seed: int,
    start: Adapter | None = None,
    known: Sequence[Row] = (),
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> Learned:
    """One adapter trained on all notes together, and its router. The adapter is recorded in `journal`.

    Training goes on from `start`, an adapter that has learned those of the notes that are `known`, if the recipe fits
    it; where they are many, these come less often than the others (`rehearsals`).

    Raises:
        ValueError: there are no notes, or training ended with a failure; the message says which.
    """
    if not notes:
        raise ValueError("learn: there are no notes to train on; every row was filtered out, or none was written")
    # General rows are the base's own answers to the prompts: base and prompts name them.
    about = (engine.identity, engine.arithmetic, repr(settings), str(seed), str(len(general)), *general_prompts)
    journal = journal or Unrecorded()
    if start is not None and not engine.fits(start, settings.recipe_for(engine.layers)):
        start = None
    held = set() if start is None else set(known)
    begun = [] if start is None else [hashlib.sha256(start.to_bytes({})).hexdigest(), str(len(held)), str(WARM_UP)]
    key = content_hash("adapter", *about, *begun, *(repr(row) for row in notes))
    make = partial(_train, engine, form, notes, general, settings, synonyms, seed, start, held, progress)
    file = journal.once_bytes("adapter", key, make)
    adapter, about_it = engine.read_adapter(file)
    cost = json.loads(about_it["training"])
    router = fit_router_on_notes(passages, notes, general_prompts, pieces)
    losses = tuple(cost["losses"])
    return Learned(adapter, router, file, len(losses), cost["tokens"], cost["trained_tokens"], losses)


def fit_router_on_notes(
    passages: Sequence[Passage], notes: Sequence[Row], general_prompts: Sequence[str], pieces: Pieces
) -> Router:
    """The router of an adapter that was trained on `notes`; every seventh question is held out to set its threshold."""
    texts = [f"{p.title}\n{p.text}" for p in passages]
    asked = [row.prompt for row in notes if row.prompt]
    held = asked[::7]
    learned_texts = [*texts, *(f"{row.prompt} {row.target}" for i, row in enumerate(notes) if row.prompt not in held)]
    return fit_router([learned_texts], general_prompts, pieces, own=held)


def _train(
    engine: EngineContract,
    form: PromptForm,
    notes: Sequence[Row],
    general: Sequence[TokenRow],
    settings: LearnSettings,
    synonyms: Synonyms,
    seed: int,
    start: Adapter | None,
    known: Collection[Row],
    progress: Progress | None,
) -> bytes:
    """The adapter, with what training it cost, as `read_adapter` reads it."""
    new, old = [row for row in notes if row not in known], [row for row in notes if row in known]
    epochs = settings.epochs(len(new) + rehearsals(len(old), len(new)))
    rows = curriculum(
        new, general, form.encode, known=old, epochs=epochs, general_share=settings.general_share,
        rewording=settings.rewording, synonyms=synonyms, seed=seed,
    )  # fmt: skip
    protected = (
        engine.subspace(
            [row.ids for row in general[: settings.protected_rows]],
            settings.protected,
            settings.first_of(engine.layers),
        )
        if settings.protected and general
        else None
    )
    # The recipe's scale counts, not that of `start`: what was not kept of its update is there again.
    recipe = settings.recipe_for(engine.layers)
    if start is not None:
        recipe = replace(recipe, warmup_steps=round(WARM_UP * len(rows) / recipe.rows_per_step))
    job = TrainJob(rows, recipe, seed, start=start, protected=protected)
    (result,) = engine.train([job], progress=progress)
    if result.adapter is None:
        raise ValueError(f"learn: training failed: {result.failure}; lower the learning rate or look at the notes")
    cost = {"tokens": result.tokens, "trained_tokens": result.trained_tokens, "losses": result.losses}
    adapter = replace(result.adapter, alpha=result.adapter.alpha * settings.keep)
    return adapter.to_bytes({"training": json.dumps(cost)})
