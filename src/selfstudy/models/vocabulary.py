"""A tokenizer's vocabulary as bytes: what constrained decoding walks over."""

from __future__ import annotations

from typing import Any

from transformers import PreTrainedTokenizerBase

from selfstudy.models.errors import ModelError


def token_bytes(tokenizer: PreTrainedTokenizerBase) -> tuple[bytes | None, ...]:
    """The bytes that each id stands for; None for control tokens and for ids without a token.

    Raises:
        ModelError: the tokenizer is not byte-level (GPT-2's kind, as SmolLM2, Qwen and Llama 3 have it).
    """
    untyped: Any = tokenizer
    letters = _letters()
    added: dict[int, Any] = dict(untyped.added_tokens_decoder)
    pieces: list[bytes | None] = []
    for index in range(len(untyped)):
        text = untyped.convert_ids_to_tokens(index)
        if text is None or (index in added and added[index].special):
            pieces.append(None)
        elif index in added:
            pieces.append(str(added[index].content).encode())
        elif any(letter not in letters for letter in text):
            raise ModelError(
                f"tokenizer {type(tokenizer).__name__} is not byte-level (its token {index} is {text!r}); "
                "plans need a model whose tokenizer is, as SmolLM2's and Qwen's are"
            )
        else:
            pieces.append(bytes(letters[letter] for letter in text))
    return tuple(pieces)


def _letters() -> dict[str, int]:
    """The byte behind each letter of a byte-level token: bytes that print stand for themselves, others from 256 on."""
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printing]
    return {chr(byte): byte for byte in printing} | {chr(256 + place): byte for place, byte in enumerate(others)}
