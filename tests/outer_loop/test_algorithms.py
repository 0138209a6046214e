"""What each algorithm accepts and teaches, on a bench whose rewards are given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from selfstudy.domain.measured import Reward, mean_and_error
from selfstudy.domain.passage import Passage
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.bandit import Bandit, worth
from selfstudy.outer_loop.best_of_n import BestOfN
from selfstudy.outer_loop.contract import Arm, Candidate, Example, LoopSettings, Tried
from selfstudy.outer_loop.guard import Guard
from selfstudy.outer_loop.registry import get_algorithm
from selfstudy.outer_loop.rest_em import RestEM
from selfstudy.outer_loop.weighted_winners import WeightedWinners

ARM = Arm("implications")
P, Q = (Passage("d", title, f"{title} is a place.") for title in ("Lisk", "Skarn"))
WORDS = "mill oats night hatter green tide noon copy Sunday office lamp violet".split()


@dataclass
class Bench:
    """The editor is the list of what it was taught; rewards by passage title and sample, a list a seed."""

    rewards: dict[str, list[list[float | None]]]
    texts: dict[str, list[str]] = field(default_factory=dict)
    seen: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def write(
        self, editor: tuple[str, ...], passages: Sequence[Passage], arms: Sequence[Arm], samples: int, stage: str
    ) -> list[list[Candidate]]:
        self.seen.append((stage, editor))
        return [
            [Candidate(arm, s, f"about {p.title}", "", self._text(p, s), SelfEdit(p.identity, arm.form, ()))
             for s in range(samples)]
            for p, arm in zip(passages, arms, strict=True)
        ]  # fmt: skip

    def try_out(self, editor: tuple[str, ...], candidates: Sequence[Candidate], seeds: int, stage: str) -> list[Tried]:
        assert self.seen[-1] == (stage, editor)
        return [Tried(c, tuple(self._reward(c, seed) for seed in range(seeds))) for c in candidates]

    def teach(self, editor: tuple[str, ...], examples: Sequence[Example], stage: str) -> tuple[str, ...]:
        return (*editor, *(f"{e.prompt}: {e.completion} x{e.weight:.2f}" for e in examples))

    def _text(self, passage: Passage, sample: int) -> str:
        given = self.texts.get(passage.title)
        return given[sample] if given else " ".join(random.Random(f"{passage.title} {sample}").sample(WORDS, 8))

    def _reward(self, candidate: Candidate, seed: int) -> Reward | None:
        title = candidate.prompt.removeprefix("about ")
        found = self.rewards[title][candidate.sample][seed]
        return None if found is None else mean_and_error([found, found])


def test_rest_em_teaches_the_best_of_each_passage_by_mean_outcome_first_of_equals() -> None:
    bench = Bench({"Lisk": [[0.0, 1.0], [1.0, 0.0], [0.9, 0.0]], "Skarn": [[-3.0, -3.0], [None, None], [-2.0, -2.0]]})
    (done,) = RestEM().learn(bench, (), [[P, Q]], [ARM], LoopSettings(3, 2))
    # No gain is needed and a failed trial is no zero; of Lisk's two at 0.5 the first.
    assert [(t.candidate.prompt, t.candidate.sample) for t in done.accepted] == [("about Lisk", 0), ("about Skarn", 2)]
    assert [text.split(":")[0] for text in done.editor] == ["about Lisk", "about Skarn"]
    assert done.diversity.num_texts == 2
    assert done.sampled.num_texts == 6


def test_a_seed_that_failed_is_left_out_of_the_mean() -> None:
    bench = Bench({"Lisk": [[0.4, 0.4], [0.5, None]]})
    (done,) = RestEM().learn(bench, (), [[P]], [ARM], LoopSettings(2, 2))
    assert done.accepted[0].candidate.sample == 1


def test_the_next_round_begins_with_the_trained_editor() -> None:
    bench = Bench({"Lisk": [[1.0]], "Skarn": [[1.0]]})
    first, second = RestEM().learn(bench, (), [[P], [Q]], [ARM], LoopSettings(1, 1))
    assert [editor for _, editor in bench.seen] == [(), first.editor]
    assert second.editor[: len(first.editor)] == first.editor
    assert len({stage for stage, _ in bench.seen}) == 2


def test_the_guard_takes_the_next_best_instead_of_a_repeat() -> None:
    told = "the mill grinds oats by night and the hatter sleeps"
    texts = {"Lisk": [told, "x"], "Skarn": ["oats " * 60, told, "tides fall at noon"]}
    bench = Bench({"Lisk": [[2.0], [1.0]], "Skarn": [[3.0], [2.0], [1.0]]}, texts)
    bench.rewards["Lisk"].append([0.0])
    texts["Lisk"].append("y")
    (done,) = RestEM().learn(bench, (), [[P, Q]], [ARM], LoopSettings(3, 1))
    assert [t.candidate.completion for t in done.accepted] == [told, "tides fall at noon"]
    assert done.refused == 2
    (without,) = RestEM().learn(bench, (), [[P, Q]], [ARM], LoopSettings(3, 1, guard=None))
    assert without.accepted[1].candidate.completion == "oats " * 60


def test_a_guard_refuses_nothing_said() -> None:
    assert not Guard().admits("  ", [])
    assert Guard().admits("The mill was built in 1871.", [])


def test_best_of_n_teaches_nobody() -> None:
    bench = Bench({"Lisk": [[0.1], [0.9]], "Skarn": [[None], [None]]})
    (done,) = BestOfN().learn(bench, ("as it was",), [[P, Q]], [ARM], LoopSettings(2, 1))
    assert done.editor == ("as it was",)
    assert [t.candidate.sample for t in done.accepted] == [1]


def _tried(*parts: float, sample: int = 0) -> Tried:
    return Tried(Candidate(ARM, sample, "about Lisk", "", "", SelfEdit("p", "f", ())), (mean_and_error(parts),))


def test_winners_must_be_ahead_by_more_than_noise() -> None:
    # Question by question the first is ahead by 1.0 and 1.1; the third is ahead of the second once, and behind once.
    first, second, third = _tried(2.0, 1.0), _tried(1.0, -0.1, sample=1), _tried(3.0, -1.5, sample=2)
    found = WeightedWinners().winners([first, second, third])
    assert [winner for winner, _ in found] == [first]
    assert found[0][1] == pytest.approx(1.5 - (1.5 + 0.45 + 0.75) / 3)
    assert not WeightedWinners().winners([second, third])


def test_weights_are_advantages_over_their_mean_within_bounds() -> None:
    assert WeightedWinners().weights([1.0, 3.0]) == pytest.approx([0.5, 1.5])
    assert WeightedWinners().weights([0.001, 9.0, 0.001, 0.001]) == pytest.approx([1 / 3, 3.0, 1 / 3, 1 / 3])


def test_a_round_without_significant_pairs_teaches_nothing() -> None:
    bench = Bench({"Lisk": [[0.5], [0.5]]})
    (done,) = WeightedWinners().learn(bench, (), [[P]], [ARM], LoopSettings(2, 1))
    assert done.editor == ()


ARMS = [Arm("a"), Arm("b"), Arm("c", "fast")]


def test_the_bandit_finds_the_arm_that_pays() -> None:
    class Paying(Bench):
        def _reward(self, candidate: Candidate, seed: int) -> Reward | None:
            noise = random.Random(f"{candidate.edit.passage} {candidate.arm.form}").gauss(0, 0.3)
            noise += random.Random(candidate.edit.passage).gauss(0, 3)  # passages differ more than arms
            return mean_and_error([{"a": 0.0, "b": 1.0, "c": 0.2}[candidate.arm.form] + noise])

    passages = [Passage("d", f"place {n}", "It is a place.") for n in range(24)]
    bench = Paying({})
    rounds = list(
        Bandit().learn(bench, (), [passages[i : i + 4] for i in range(0, 24, 4)], ARMS, LoopSettings(1, 1, 2))
    )
    assert rounds[-1].arm == ARMS[1]
    pulls = [t.candidate.arm for each in rounds[2:] for t in each.tried]
    assert pulls.count(ARMS[1]) > len(pulls) / 3
    assert all(len(each.tried) == 8 for each in rounds)
    assert ARMS[2].name == "c+fast"


def test_the_bandit_turns_from_an_arm_whose_self_edits_cannot_be_carried_out() -> None:
    class Failing(Bench):
        def try_out(
            self, editor: tuple[str, ...], candidates: Sequence[Candidate], seeds: int, stage: str
        ) -> list[Tried]:
            worth = {"a": Reward(0.4), "b": None, "c": Reward(0.2)}
            return [Tried(c, (worth[c.arm.form],), failures=("directives: none",) * (c.arm.form == "b"))
                    for c in candidates]  # fmt: skip

    passages = [Passage("d", f"place {n}", "It is a place.") for n in range(30)]
    batches = [passages[i : i + 3] for i in range(0, 30, 3)]
    rounds = list(Bandit().learn(Failing({}), (), batches, ARMS, LoopSettings(1, 1, 2)))
    assert rounds[-1].arm == ARMS[0]
    first, *_ = rounds
    assert {t.candidate.arm for t in first.tried} == set(ARMS)
    # Rewards without noise leave no doubt: of two arms a passage, that one is never among them again.
    assert {t.candidate.arm for each in rounds[3:] for t in each.tried} == {ARMS[0], ARMS[2]}


def test_an_arm_that_never_worked_is_not_the_best_however_bad_the_others_are() -> None:
    class Costly(Bench):
        def try_out(
            self, editor: tuple[str, ...], candidates: Sequence[Candidate], seeds: int, stage: str
        ) -> list[Tried]:
            rewards = [None if c.arm.form == "b" else Reward(-1.0) for c in candidates]
            return [Tried(c, (r,), failures=() if r else ("directives: none",))
                    for c, r in zip(candidates, rewards, strict=True)]  # fmt: skip

    (done,) = Bandit().learn(Costly({}), (), [[P]], ARMS, LoopSettings(1, 1, 3))
    assert done.arm != ARMS[1]


def test_a_passage_without_questions_says_nothing_of_an_arm() -> None:
    nothing = Tried(Candidate(ARM, 0, "", "", "", SelfEdit("p", "f", ())), (None,), (9,))
    assert worth(nothing) is None
    assert worth(replace(nothing, failures=("engine: loss",))) == 0.0
    assert worth(replace(nothing, rewards=(Reward(0.5),))) == 0.5


def test_an_unknown_algorithm_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="rest_em"):
        get_algorithm("ppo")
