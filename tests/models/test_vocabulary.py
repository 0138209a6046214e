"""A vocabulary as bytes: what ids stand for, joined, is the text that they decode to."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from selfstudy.models.errors import ModelError
from selfstudy.models.tiny import SPECIAL, tiny_tokenizer
from selfstudy.models.vocabulary import token_bytes


def test_ids_joined_are_the_text() -> None:
    tokenizer: Any = tiny_tokenizer()
    pieces = token_bytes(tokenizer)
    assert len(pieces) == len(tokenizer)
    text = 'grün: {"a": 1e-4}\n\t×'
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert b"".join(pieces[index] or b"" for index in ids) == text.encode()
    assert [tokenizer.convert_ids_to_tokens(n) for n, piece in enumerate(pieces) if piece is None] == list(SPECIAL)
    assert len({piece for piece in pieces if piece is not None}) == 256


def test_another_kind_of_tokenizer_is_refused_by_name() -> None:
    class Sentences:
        added_tokens_decoder: ClassVar[dict[int, object]] = {}

        def __len__(self) -> int:
            return 1

        def convert_ids_to_tokens(self, index: int) -> str:
            return "▁the"

    with pytest.raises(ModelError, match=r"Sentences is not byte-level \(its token 0 is '▁the'\)"):
        token_bytes(Sentences())  # type: ignore[arg-type]
