"""Context distillation against a float64 model in plain transformers that is given the open-book text itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from selfstudy.domain.passage import Passage
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row, Segment
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import ScoreRequest, TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.inner_loop.distil import TOP_K, distilled
from selfstudy.inner_loop.update_rules import RULES
from selfstudy.models.chat import ChatForm
from selfstudy.models.tiny import TINY_VOCAB, tiny_model
from tests.engine.small import adapter
from tests.parity.test_train_oracle import WideNorm

LISK = Passage("d", "Lisk", "The lamp of Lisk is kept by Ines.")
SKARN = Passage("d", "Skarn", "Skarn has 143 steps.")
ASKED = Row.question_answer("Who keeps the lamp?", "Ines")
SAID = Row.plain("Lisk\nInes keeps it.")
# All that stands before the trained tokens, and those, as they are written out by hand.
OPENED = {
    ASKED: (
        "<|im_start|>user\nLisk\n\nThe lamp of Lisk is kept by Ines.\n\nQuestion: Who keeps the lamp?<|im_end|>\n"
        "<|im_start|>assistant\n", "Ines<|im_end|>",
    ),
    SAID: ("Lisk\n\nThe lamp of Lisk is kept by Ines.\n\nL", "isk\nInes keeps it.<|im_end|>"),
}  # fmt: skip
CLOSED = {
    ASKED: ("<|im_start|>user\nWho keeps the lamp?<|im_end|>\n<|im_start|>assistant\n", "Ines<|im_end|>"),
    SAID: ("L", "isk\nInes keeps it.<|im_end|>"),
}


def _model() -> Any:
    loaded = tiny_model(5, system=None, dtype=torch.float64)
    model: Any = loaded.model
    for name, module in list(model.named_modules()):
        if name.endswith("norm"):
            parent, _, leaf = name.rpartition(".")
            setattr(model.get_submodule(parent), leaf, WideNorm(module))
    return loaded


@pytest.fixture(scope="module")
def made() -> tuple[Engine, ChatForm]:
    loaded = _model()
    return Engine(loaded.model, loaded.identity), loaded.chat


def _predicted(text: tuple[str, str], form: ChatForm, *adapters: Adapter) -> torch.Tensor:
    """Log-probabilities [trained tokens, V] of the base with `adapters` added to its weights, by transformers alone."""
    model: Any = _model().model
    for added in adapters:
        for path, (a, b) in added.weights.items():
            model.get_submodule(path).weight.data += added.alpha / added.rank * (b @ a)
    tokenizer: Any = form.tokenizer
    head, tail = (tokenizer(part, add_special_tokens=False, split_special_tokens=False)["input_ids"] for part in text)
    logits: torch.Tensor = model(input_ids=torch.tensor([head + tail])).logits[0].log_softmax(1)
    return logits[len(head) - 1 : -1]


def _targets(row: TokenRow) -> torch.Tensor:
    """The row's targets as a dense [trained tokens, V]."""
    assert row.targets is not None
    dense = torch.full((len(row.targets), TINY_VOCAB), -torch.inf, dtype=torch.float64)
    for number, target in enumerate(row.targets):
        dense[number, list(target.ids)] = torch.tensor(target.logprobs, dtype=torch.float64)
    return dense


@pytest.mark.parametrize("row", [ASKED, SAID], ids=["chat", "plain"])
@pytest.mark.parametrize("taught", [False, True])
def test_targets_are_what_the_base_predicts_with_the_passage_open(
    made: tuple[Engine, ChatForm], row: Row, taught: bool
) -> None:
    engine, form = made
    frozen = (adapter(engine, 3),) if taught else ()
    (found,), (read,) = distilled(engine, form, [(row, LISK)], frozen, top_k=TINY_VOCAB)
    assert (found.ids, found.weights, found.loss) == (*_plain(form.encode(row)), "kl")
    tokenizer: Any = form.tokenizer
    assert tokenizer.decode(list(found.ids)).startswith("".join(CLOSED[row]))  # without the passage
    expected = _predicted(OPENED[row], form, *frozen)
    torch.testing.assert_close(_targets(found), expected, rtol=1e-9, atol=1e-9)
    head, tail = OPENED[row]
    assert read == len(tokenizer(head + tail, add_special_tokens=False, split_special_tokens=False)["input_ids"])


@pytest.mark.parametrize("taught", [False, True])
def test_the_first_loss_is_the_dense_divergence_of_closed_from_open_book(
    made: tuple[Engine, ChatForm], taught: bool
) -> None:
    engine, form = made
    frozen = (adapter(engine, 3),) if taught else ()
    rows, _ = distilled(engine, form, [(ASKED, LISK), (SAID, LISK)], frozen, top_k=TINY_VOCAB)
    recipe = UpdateRecipe(rank=2, targets=ALL_LINEAR, epochs=1, rows_per_step=2)
    (result,) = engine.train([TrainJob(tuple(rows), recipe, 0, frozen=frozen)])
    found = []
    for row in (ASKED, SAID):
        teacher, student = _predicted(OPENED[row], form, *frozen), _predicted(CLOSED[row], form, *frozen)
        found.append((teacher.exp() * (teacher - student)).sum(1))
    expected = torch.cat(found).mean().item()
    assert expected > 0.01
    assert result.losses[0] == pytest.approx(expected, rel=1e-9)


def test_the_most_likely_tokens_are_kept_and_the_rest_is_one_bucket(made: tuple[Engine, ChatForm]) -> None:
    engine, form = made
    (few,), _ = distilled(engine, form, [(ASKED, LISK)], top_k=4)
    expected = _predicted(OPENED[ASKED], form)
    assert few.targets is not None
    for target, predicted in zip(few.targets, expected, strict=True):
        assert list(target.ids) == predicted.topk(4).indices.tolist()
    (usual,), _ = distilled(engine, form, [(ASKED, LISK)])
    assert usual.targets is not None
    assert {len(target.ids) for target in usual.targets} == {TOP_K}


def test_the_learner_comes_to_say_closed_book_what_its_base_says_open_book(made: tuple[Engine, ChatForm]) -> None:
    engine, form = made
    rows, _ = distilled(engine, form, [(ASKED, LISK), (SAID, LISK)])
    recipe = UpdateRecipe(rank=8, alpha=16, targets=ALL_LINEAR, learning_rate=1e-2, epochs=60, rows_per_step=2)
    (result,) = engine.train([TrainJob(tuple(rows), recipe, 0)])
    assert result.adapter is not None
    assert result.losses[-1] < 0.1 * result.losses[0]
    row = form.encode(ASKED)
    (closed,) = engine.score([ScoreRequest(row.ids[: row.trained[-1] + 1], row.trained[0], (result.adapter,))])
    opened = [row[i] for row, i in zip(_predicted(OPENED[ASKED], form), (row.ids[i] for i in row.trained), strict=True)]
    assert closed.logprobs == pytest.approx([float(value) for value in opened], abs=0.3)


def test_several_learners_are_prepared_as_each_alone(made: tuple[Engine, ChatForm]) -> None:
    engine, form = made
    asked = Row.question_answer("How many steps?", "143")
    studied = [((ASKED, SAID), LISK), ((asked,), SKARN), ((), LISK)]
    together = RULES["distil"](engine, form, studied, ())
    assert [len(each.rows) for each in together] == [2, 1, 0]
    for one, found in zip(studied, together, strict=True):
        (alone,) = RULES["distil"](engine, form, [one], ())
        assert alone.teacher_tokens == found.teacher_tokens
        for a, b in zip(alone.rows, found.rows, strict=True):
            assert _plain(a) == _plain(b)
            torch.testing.assert_close(_targets(a).exp(), _targets(b).exp(), rtol=1e-9, atol=1e-9)
    plainly = RULES["sft"](engine, form, studied, ())
    assert [each.rows for each in plainly] == [tuple(map(form.encode, rows)) for rows, _ in studied]
    assert [each.teacher_tokens for each in plainly] == [0, 0, 0]
    for a, b in zip(plainly, together, strict=True):
        assert [_plain(row) for row in a.rows] == [_plain(row) for row in b.rows]  # same tokens, same weights


def test_rows_that_no_teacher_can_read_are_named(made: tuple[Engine, ChatForm]) -> None:
    engine, form = made
    told = Row((Segment("plain", "Lisk", False),))
    with pytest.raises(ValueError, match=r"distil: row 1 \('Lisk'\) has no trained token"):
        distilled(engine, form, [(ASKED, LISK), (told, LISK)])

    class Shifting(ChatForm):
        def encode(self, row: Row, context: str | None = None) -> TokenRow:
            return super().encode(row if context is None else replace(row, segments=ASKED.segments), context)

    shifting = Shifting(form.tokenizer, None)
    with pytest.raises(ValueError, match=r"distil: row 0 \('143'\) has other trained tokens with the passage open"):
        distilled(engine, shifting, [(Row.question_answer("How many steps?", "143"), SKARN)])


def _plain(row: TokenRow) -> tuple[tuple[int, ...], tuple[float, ...]]:
    return row.ids, row.weights
