"""Text to ids, keeping apart what a template says (control tokens count) and what a document says (they never do)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from transformers import PreTrainedTokenizerBase

from selfstudy.models.errors import ModelError


@dataclass(frozen=True, eq=False)
class Encoder:
    """A tokenizer, with control tokens reachable only by `parts`.

    `anchor` is put before text that starts a stretch, and its ids are taken off again: tokenizers of the SentencePiece
    family mark the very start of their input, and after a control token there is no such start.
    """

    tokenizer: PreTrainedTokenizerBase
    anchor: str = ""

    @cached_property
    def control(self) -> dict[str, int]:
        """Every special token's text and id."""
        added = self.tokenizer.added_tokens_decoder
        return {token.content: index for index, token in added.items() if token.special}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        # A token that swallows the white space around it (lstrip, rstrip) does so here as in the tokenizer.
        longest_first = sorted(self.tokenizer.added_tokens_decoder.values(), key=lambda token: -len(token.content))
        choices = [
            (r"\s*" if token.lstrip else "") + f"({re.escape(token.content)})" + (r"\s*" if token.rstrip else "")
            for token in longest_first
            if token.special
        ]
        return re.compile("|".join(choices)) if choices else None

    @cached_property
    def bos(self) -> tuple[int, ...]:
        """What the tokenizer puts before a text of its own accord: a begin-of-text id, or nothing."""
        bare = self._raw("a")
        whole = list(self.tokenizer("a", split_special_tokens=True)["input_ids"])
        for start in range(len(whole) - len(bare) + 1):
            if whole[start : start + len(bare)] == bare:
                return tuple(whole[:start])
        return ()

    def text(self, text: str, after: str = "") -> list[int]:
        """Ids of `text`, as they follow on `after` (which must not contain control tokens). No control ids, ever.

        The ids of `after` alone are never changed by what follows: where the tokenizer would merge across the border,
        `text` is encoded by itself.
        """
        before = self.anchor + after
        head = self._raw(before)
        joint = self._raw(before + text)
        if joint[: len(head)] == head:
            return joint[len(head) :]
        return self._raw(text)

    def parts(self, template_text: str) -> list[int | str]:
        """Template text cut at its control tokens: their ids, and the text between."""
        if self._pattern is None:
            return [template_text] if template_text else []
        found: list[int | str] = []
        end = 0
        for match in self._pattern.finditer(template_text):
            if match.start() > end:
                found.append(template_text[end : match.start()])
            found.append(self.control[next(group for group in match.groups() if group is not None)])
            end = match.end()
        if end < len(template_text):
            found.append(template_text[end:])
        return found

    def check(self) -> None:
        """Raises ModelError if a special token written in a text would come out as that token."""
        for content, index in self.control.items():
            if index in self._raw(f"a {content} b"):
                raise ModelError(
                    f"tokenizer {type(self.tokenizer).__name__} turns {content!r} inside a text into control token "
                    f"{index}; documents could then steer the model: use the model's fast tokenizer (tokenizer.json)"
                )

    @cached_property
    def _borrowed(self) -> int | None:
        """The id for unknown letters where it is a control token of another meaning, as SmolLM2's end of text is."""
        unknown = self.tokenizer.unk_token
        return None if unknown in ("<unk>", "[UNK]") else self.control.get(str(unknown))

    def _raw(self, text: str) -> list[int]:
        # `verbose=False`: no warning for texts above the model's window; rows are cut to length by whoever asks.
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True, verbose=False)["input_ids"]
        return [index for index in ids if index != self._borrowed]
