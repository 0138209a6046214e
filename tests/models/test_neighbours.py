"""Words that stand near a word in the model's embeddings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from selfstudy.models.neighbours import MOST, Neighbours


class Words:
    """Tokens that are whole words behind a space, the others cut into characters."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokenizer = SimpleNamespace(decode=lambda ids: tokens[ids[0]])
        self._tokens = tokens

    def text(self, text: str) -> tuple[int, ...]:
        return (self._tokens.index(text),) if text in self._tokens else tuple(range(len(text)))


def neighbours(vectors: dict[str, list[float]], *, mirrored: bool = True) -> Neighbours:
    """Of words with such embeddings; `mirrored` ones keep their mean at zero."""
    rows = torch.tensor(list(vectors.values()), dtype=torch.float32)
    if mirrored:
        rows = torch.cat([rows, -rows])
    rows = torch.cat([rows, rows.mean(dim=0).expand(MOST, -1)])  # tokens that are near to nothing
    tokens = [*vectors, *(f"<{n}>" for n in range(len(rows) - len(vectors)))]
    embedding = nn.Embedding.from_pretrained(rows)
    model: Any = SimpleNamespace(get_input_embeddings=lambda: embedding)
    encoder: Any = Words(tokens)
    return Neighbours(model, encoder)


def test_the_nearest_come_first_and_no_word_is_its_own_neighbour() -> None:
    near = neighbours(
        {
            " captain": [1, 0, 0, 0], " chief": [1, 0.6, 0, 0], " commander": [1, 0.2, 0, 0], " basket": [0, 1, 0, 0],
            " leader": [0.4, 1, 0, 0],
        }
    )  # fmt: skip
    assert near("captain") == ("commander", "chief")
    assert near("captain") is near("captain"), "found once"


@pytest.mark.parametrize("other", [" Chief", "chief", " no", " c3po", " it's", "."])
def test_what_is_no_whole_lower_case_word_of_four_letters_is_none(other: str) -> None:
    near = neighbours({" captain": [1, 0, 0, 0], other: [1, 0, 0, 0], " master": [1, 0.1, 0, 0]})
    assert near("captain") == ("master",)


@pytest.mark.parametrize("word", ["Captain", "sea", "unheard", "two words", ""])
def test_words_that_have_none(word: str) -> None:
    near = neighbours({" captain": [1, 0, 0, 0], " master": [1, 0, 0, 0], " sea": [1, 0, 0, 0]})
    assert near(word) == ()


def test_at_most_so_many() -> None:
    letters = "abcdefghij"
    assert len(letters) > MOST
    vectors = {f" word{letter}": [1.0, n / 100, 0.0, 0.0] for n, letter in enumerate(letters)}
    assert neighbours(vectors)("worda") == tuple(f"word{letter}" for letter in letters[1 : MOST + 1])


def test_what_all_embeddings_share_brings_nobody_nearer() -> None:
    """All lie far out in one direction: by the angle from the origin each would be each one's neighbour."""
    near = neighbours(
        {" captain": [1, 0, 9, 9], " basket": [-1, 0, 9, 9], " chief": [0.9, 0.1, 9, 9], " thread": [-0.9, -0.1, 9, 9]},
        mirrored=False,
    )
    assert near("captain") == ("chief",)
    assert near("basket") == ("thread",)
