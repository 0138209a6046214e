"""Rewards by name: what a trial measured becomes one number with its standard error over questions.

`key_accuracy` and `key_likelihood` need an answer key, the others do not. `wrong_passage` and `random` are controls: a
choice made by one of them must gain nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from selfstudy.domain.identity import content_hash
from selfstudy.domain.measured import Measured, Reward, mean_and_error

KEY_RIGHT, KEY_GAIN, QUIZ_GAIN = "key_right", "key_gain", "quiz_gain"
CLOZE_GAIN, WRONG_GAIN, PROBE_GAIN = "cloze_gain", "wrong_gain", "probe_gain"
"""What is measured, a number a question: right or not by the answer key; and gains over the base, in nats a token of
the answer, on the answer key, the model's own quiz, cloze questions, another passage's answer key and the retention
probe."""

NATS = "nats a token"
"""The unit of gains."""


@dataclass(frozen=True)
class NamedReward:
    """The mean over the questions of one measure or several, all questions alike, less penalties.

    `clip` bounds each question's value on both sides (nats): one question that was hopeless before would otherwise
    outweigh the others. `retention` times the mean drop on the probe is subtracted, drops only; so is `cost` times the
    thousands of tokens trained on.
    """

    name: str
    measures: tuple[str, ...]
    clip: float | None = None
    retention: float = 0.0
    cost: float = 0.0

    @property
    def needs(self) -> frozenset[str]:
        """The measures that a trial must take."""
        return frozenset([*self.measures, *([PROBE_GAIN] if self.retention else [])])

    @property
    def unit(self) -> str:
        return "share of answers right" if self.measures == (KEY_RIGHT,) else NATS

    def __call__(self, measured: Measured) -> Reward | None:
        """None for a trial that failed, or a passage that has no question of this kind."""
        values = tuple(value for measure in self.measures for value in measured.values.get(measure, ()))
        if measured.failure is not None or not values:
            return None
        if self.clip is not None:
            values = tuple(max(-self.clip, min(self.clip, value)) for value in values)
        penalty = self.cost * measured.tokens / 1000
        if self.retention:
            drops = [max(0.0, -gain) for gain in measured.values[PROBE_GAIN]]
            penalty += self.retention * sum(drops) / len(drops)
        return mean_and_error([value - penalty for value in values])


@dataclass(frozen=True)
class RandomReward:
    """A number that has nothing to do with the trial but is the same whenever the same trial is rewarded."""

    name: str = "random"

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    @property
    def unit(self) -> str:
        return "at random from 0 to 1"

    def __call__(self, measured: Measured) -> Reward | None:
        if measured.failure is not None:
            return None
        return Reward(random.Random(content_hash("random reward", repr(measured))).random())


AnyReward = NamedReward | RandomReward

CLIP = 5.0
REWARDS: dict[str, AnyReward] = {
    r.name: r
    for r in (
        NamedReward("key_accuracy", (KEY_RIGHT,)),
        NamedReward("key_likelihood", (KEY_GAIN,), CLIP),
        NamedReward("quiz_likelihood", (QUIZ_GAIN,), CLIP),
        NamedReward("cloze", (CLOZE_GAIN,), CLIP),
        NamedReward("quiz_and_cloze", (QUIZ_GAIN, CLOZE_GAIN), CLIP),
        NamedReward("wrong_passage", (WRONG_GAIN,), CLIP),
        RandomReward(),
    )
}


def get_reward(name: str, *, retention: float = 0.0, cost: float = 0.0) -> AnyReward:
    """The reward called `name` with these penalties; a KeyError that lists the known ones otherwise."""
    if name not in REWARDS:
        raise KeyError(f"no reward {name!r}; known: {', '.join(sorted(REWARDS))}")
    found = REWARDS[name]
    return replace(found, retention=retention, cost=cost) if isinstance(found, NamedReward) else found
