"""Vocabularies to decode over: an invented one, and those of models that are in this machine's caches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CACHE = Path.home() / ".cache" / "selfstudy" / "models"


@dataclass(frozen=True)
class Known:
    """A tokenizer's facts, as `constrained.plan_tokens` takes them."""

    pieces: tuple[bytes | None, ...]
    end: int
    encode: Callable[[str], Sequence[int]]

    def text(self, ids: Sequence[int]) -> str:
        return b"".join(self.pieces[index] or b"" for index in ids).decode()


def invented() -> Known:
    """Every byte, some longer pieces that cross the borders of keys and values, two control tokens.

    Encoded as longest piece first.
    """
    longer = [
        b'{"',
        b'":',
        b'":t',
        b"rue",
        b"true,",
        b'":false,"use_',
        b"_augmentations",
        b"0.00",
        b"e-",
        b"e-0",
        b"99",
    ]
    pieces = [None, None, *(bytes([byte]) for byte in range(256)), *longer, b"0.0", b'"train', b"}}", b"}}\n", b"data"]
    known = {piece: index for index, piece in enumerate(pieces) if piece is not None}

    def encode(text: str) -> list[int]:
        rest, ids = text.encode(), []
        while rest:
            size = next(size for size in range(len(rest), 0, -1) if rest[:size] in known)
            ids.append(known[rest[:size]])
            rest = rest[size:]
        return ids

    return Known(tuple(pieces), 1, encode)


def cached(name: str) -> Known:
    """Of the first cached model whose folder begins so; skips the test if there is none. Byte-level ones only."""
    tokenizers = pytest.importorskip("tokenizers")
    files = sorted(CACHE.glob(f"{name}*/tokenizer.json"))
    if not files:
        pytest.skip(f"no tokenizer of {name} in {CACHE}")
    return of(tokenizers.Tokenizer.from_file(str(files[0])))


def of(tokenizer: Any) -> Known:
    """Of a byte-level one of the package `tokenizers`, with ChatML's control tokens."""
    added = tokenizer.get_added_tokens_decoder()
    letters = _letters()
    pieces = tuple(
        None if index in added else bytes(letters[letter] for letter in tokenizer.id_to_token(index))
        for index in range(tokenizer.get_vocab_size())
    )
    return Known(
        pieces,
        tokenizer.token_to_id("<|im_end|>"),
        lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids),
    )


def _letters() -> dict[str, int]:
    """The byte that each letter of a byte-level token stands for: itself if it prints, else numbered from 256 on."""
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printing]
    return {chr(byte): byte for byte in printing} | {chr(256 + n): byte for n, byte in enumerate(others)}
