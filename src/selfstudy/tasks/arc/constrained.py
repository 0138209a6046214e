"""Which tokens may come next in a plan: whatever the model prefers, what it writes parses.

Behind it stands llguidance, which walks a regular expression over a vocabulary; an optional extra. A pattern, and not
the schema: by that a rate may have digits without end, and a model that repeats itself would never finish.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from selfstudy.engine.contract import AllowedTokens
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import LONGEST, PATTERN, plan_text

MOST_TOKENS = LONGEST + 1
"""A plan has ended within so many tokens, its end id included, even if each token is a single character."""

_CHARACTERS = set(plan_text(Plan(basic=True)) + plan_text(Plan(trained_on="everything")) + "0123456789.e-")

Vocabulary = Sequence[bytes | None]
Encode = Callable[[str], Sequence[int]]


def plan_tokens(vocabulary: Vocabulary, end: int, encode: Encode) -> AllowedTokens:
    """The ids that may follow on those so far, so that in the end they spell a text of `plan_json.PATTERN`, then `end`.

    Where the text leaves no choice, the only id is the one that `encode` splits it into, so that a plan is sampled in
    the same tokens as it is trained in. What is returned depends on the ids alone; requests may share it.

    Args:
        vocabulary: the bytes of each id, None for a control token.
        end: the id that ends a reply, one of the request's stop ids.
        encode: the ids of a text, without control tokens.

    Raises:
        ValueError: llguidance cannot be imported, or a character of a plan is no token by itself, so that decoding
            could get stuck. What is returned raises it too, for ids that it did not allow.
    """
    llguidance = _llguidance()
    if missing := _CHARACTERS - {piece.decode() for piece in vocabulary if piece and piece.isascii()}:
        raise ValueError(f"plan: the vocabulary has no token for {min(missing)!r} alone; use another model")
    facts = _Facts(tuple(vocabulary), end, encode)
    tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(facts), n_vocab=len(vocabulary))
    grammar = llguidance.LLMatcher.grammar_from_regex(PATTERN)
    start = llguidance.LLMatcher(tokenizer, grammar, log_level=0)
    if start.is_error():
        raise ValueError(f"plan: llguidance refuses the vocabulary or the pattern ({start.get_error()})")

    def allowed(ids: Sequence[int]) -> Sequence[int]:
        matcher = start.deep_copy()
        if ids and not matcher.consume_tokens(list(ids)):
            raise ValueError(f"plan: the ids {list(ids)} are not the beginning of a plan")
        mask: bytes = matcher.compute_bitmask()
        filled = re.finditer(rb"[^\0]", mask)
        return [8 * byte.start() + bit for byte in filled for bit in range(8) if byte[0][0] >> bit & 1]

    return allowed


@dataclass(frozen=True)
class _Facts:
    """A tokenizer as llguidance wants to see one."""

    vocabulary: tuple[bytes | None, ...]
    eos_token_id: int
    encode: Encode
    bos_token_id: None = None

    @property
    def tokens(self) -> list[bytes]:
        return [b"" if index == self.eos_token_id else piece or b"" for index, piece in enumerate(self.vocabulary)]

    @property
    def special_token_ids(self) -> list[int]:
        return [index for index, piece in enumerate(self.vocabulary) if piece is None or index == self.eos_token_id]

    def __call__(self, text: str) -> list[int]:
        if not isinstance(text, str):
            raise TypeError("a text, not bytes")  # llguidance tries which of them is taken
        return list(self.encode(text))


def _llguidance() -> Any:
    # Imported only when asked for: it is an optional extra.
    try:
        return importlib.import_module("llguidance")
    except ImportError as error:
        raise ValueError(
            f"plan: constrained decoding needs the package llguidance ({error}); pip install 'selfstudy[arc]'"
        ) from error
