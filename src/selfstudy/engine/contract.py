"""What goes into the engine and what comes out. Importing this loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from selfstudy.domain.recipe import UpdateRecipe
    from selfstudy.domain.token_row import TokenRow
    from selfstudy.engine.adapter import Adapter
    from selfstudy.engine.subspace import Subspace

AllowedTokens = Callable[[Sequence[int]], Sequence[int]]


@dataclass(frozen=True)
class TrainJob:
    """One adapter to train.

    `start` is an adapter to go on from (None: a fresh one drawn from `seed`); `frozen` adapters are added to the base
    while training and are not changed. `protected` holds input directions that the adapter must not read (see
    `EngineContract.subspace`); it is cleared of them at the start and after every step.
    """

    rows: tuple[TokenRow, ...]
    recipe: UpdateRecipe
    seed: int
    start: Adapter | None = None
    frozen: tuple[Adapter, ...] = ()
    protected: Subspace | None = None


@dataclass(frozen=True)
class TrainResult:
    """`losses` holds one mean per step; `failure` says why a job ended early (then `adapter` is None).

    `tokens` counts the tokens that went through the model, prompt included; `trained_tokens` those with a loss.
    """

    adapter: Adapter | None
    losses: tuple[float, ...]
    tokens: int
    trained_tokens: int
    failure: str | None = None


@dataclass(frozen=True)
class GenerateRequest:
    """Continue `ids`. `temperature` 0 is greedy; `seed` matters only when sampling.

    `allowed_tokens`, given the ids generated so far, returns the ids that may come next. `watch` is told the ids so far
    after each new one, as they are generated. Of how many of the likeliest tokens the log-probabilities are wanted at
    each place is `top_k`.
    """

    ids: tuple[int, ...]
    max_new_tokens: int
    stop_ids: tuple[int, ...] = ()
    adapters: tuple[Adapter, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    allowed_tokens: AllowedTokens | None = None
    watch: Callable[[Sequence[int]], None] | None = None
    top_k: int = 0


Top = tuple[tuple[int, ...], tuple[float, ...]]
"""Ids of the likeliest tokens at a place, the likeliest first, and their log-probabilities."""


@dataclass(frozen=True)
class Generation:
    """The new ids, without the stop id; `stopped` is True if a stop id ended it, `logprob` the sum over new tokens.

    `top`, if asked for, has a place for each new token and one for the stop id.
    """

    ids: tuple[int, ...]
    stopped: bool
    logprob: float
    top: tuple[Top, ...] = ()


@dataclass(frozen=True)
class ScoreRequest:
    """Log-probabilities of `ids[first:]`, each given all ids before it. `first` is at least 1."""

    ids: tuple[int, ...]
    first: int
    adapters: tuple[Adapter, ...] = ()


@dataclass(frozen=True)
class Score:
    """One log-probability (nats) a scored position; `top` has a place for each if asked for."""

    logprobs: tuple[float, ...]
    top: tuple[Top, ...] = ()

    @property
    def mean(self) -> float:
        return sum(self.logprobs) / len(self.logprobs)


class EngineContract(Protocol):
    """What the other rooms rely on.

    `identity` names the base's weights. `arithmetic` names all else that results depend on, to the last bit: with both
    equal, equal requests give equal results on one machine.
    """

    @property
    def identity(self) -> str: ...

    @property
    def arithmetic(self) -> str: ...

    @property
    def layers(self) -> int: ...

    @property
    def width(self) -> int: ...

    def train(
        self, jobs: Sequence[TrainJob], *, progress: Callable[[int, int], None] | None = None
    ) -> list[TrainResult]: ...

    def subspace(self, rows: Sequence[tuple[int, ...]], share: float, first_layer: int = 0) -> Subspace: ...

    def generate(self, requests: Sequence[GenerateRequest]) -> list[Generation]: ...

    def score(self, requests: Sequence[ScoreRequest], top_k: int = 0) -> list[Score]: ...

    def read_adapter(self, data: bytes) -> tuple[Adapter, Mapping[str, str]]: ...

    def fits(self, adapter: Adapter, recipe: UpdateRecipe) -> bool: ...
