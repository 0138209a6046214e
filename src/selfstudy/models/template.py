"""A chat template, taken apart: what it writes around the texts of a conversation.

The template itself (Jinja, from the tokenizer) is the only source: it is rendered with marks in place of the texts and
cut at the marks, so any family's template works and none is copied here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transformers import PreTrainedTokenizerBase

from selfstudy.models.errors import ModelError

# For tokenizers that bring no template: a base model continues this form. `chat` writes the "Question: ".
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ message['content'] + '\\n' }}"
    "{% elif message['role'] == 'assistant' %}{{ 'Answer: ' + message['content'] + eos_token + '\\n\\n' }}"
    "{% else %}{{ message['content'] + '\\n\\n' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Answer:' }}{% endif %}"
)
# Templates that print a date take it from here if they take it from anywhere: the same row must give the same ids
# tomorrow. Reasoning models are asked to answer at once.
_FIXED = {"date_string": "26 Jul 2024", "enable_thinking": False}
_MARK = "@MARK-{}@"
_PAD = "\t\n\t"  # white space that no template writes itself: if it is gone after rendering, the template trims


@dataclass(frozen=True)
class Frame:
    """What a template writes around n texts: n + 1 pieces, and for each text whether its ends are trimmed."""

    pieces: tuple[str, ...]
    trims: tuple[tuple[bool, bool], ...]

    def trimmed(self, index: int, text: str) -> str:
        """Text number `index` as the template would print it."""
        left, right = self.trims[index]
        text = text.lstrip() if left else text
        return text.rstrip() if right else text


@dataclass(frozen=True, eq=False)
class Template:
    """The tokenizer's chat template, or the plain question-answer form where it has none."""

    tokenizer: PreTrainedTokenizerBase

    @cached_property
    def is_plain(self) -> bool:
        return self.tokenizer.chat_template is None

    @cached_property
    def takes_system(self) -> bool:
        """False for templates that refuse a system turn (Gemma's) or leave it out."""
        try:
            return _MARK.format(0) in self._render(("system", "user"), generate=False)
        except Exception:  # a template is its author's program: whatever it raises, it refused
            return False

    @cached_property
    def _frames(self) -> dict[tuple[str, ...], Frame]:
        return {}  # few orders of roles occur, each in many rows

    @cached_property
    def _tails(self) -> dict[tuple[str, ...], str]:
        return {}

    def frame(self, roles: Sequence[str]) -> Frame:
        """The frame of a conversation of these roles.

        Raises ModelError if the template refuses the order of roles, or changes their texts beyond trimming.
        """
        key = tuple(roles)
        if key not in self._frames:
            self._frames[key] = self._cut(key)
        return self._frames[key]

    def header(self, roles: Sequence[str], index: int) -> tuple[str, str]:
        """What stands before assistant turn `index`: the prompt's end, and white space that opens the answer.

        Most templates end the prompt just where the answer begins. Some leave a space between ("[/INST] Yes"): it
        belongs to the answer, since tokenizers glue it to the first word. Where a template asks for an answer in
        other words than it prints one, the printed form holds, in training and in asking alike.
        """
        printed = self.frame(roles).pieces[index]
        if index == 0:
            return printed, ""
        tail = self._generation_tail(tuple(roles[:index]))
        rest = printed.removeprefix(tail)
        return (tail, rest) if printed.startswith(tail) and rest.isspace() else (printed, "")

    def _generation_tail(self, roles: tuple[str, ...]) -> str:
        """What the template writes after the last text when it asks for an answer."""
        if roles not in self._tails:
            rendered = self._render(roles, generate=True)
            self._tails[roles] = rendered.rpartition(_MARK.format(len(roles) - 1))[2].removeprefix(_PAD)
        return self._tails[roles]

    def spelled(self, turns: Sequence[tuple[str, str]]) -> str:
        """The template's own text of a conversation: (role, text) pairs. Raises ModelError if it refuses them."""
        messages = [{"role": role, "content": text} for role, text in turns]
        try:
            return self._apply(messages, generate=False)
        except Exception as error:  # see takes_system
            roles = ", ".join(role for role, _ in turns)
            raise ModelError(
                f"the chat template refuses the turns {roles}: {error}; begin with a user turn and alternate"
            ) from error

    def _cut(self, roles: tuple[str, ...]) -> Frame:
        rest = self.spelled([(role, _marked(index)) for index, role in enumerate(roles)])
        pieces: list[str] = []
        trims: list[tuple[bool, bool]] = []
        for index in range(len(roles)):
            mark = _MARK.format(index)
            if rest.count(mark) != 1:
                raise ModelError(
                    f"the chat template prints the {roles[index]} turn {rest.count(mark)} times among the turns "
                    f"{', '.join(roles)}; it must print each once"
                )
            before, _, rest = rest.partition(mark)
            trims.append((not before.endswith(_PAD), not rest.startswith(_PAD)))
            pieces.append(before.removesuffix(_PAD))
            rest = rest.removeprefix(_PAD)
        return Frame((*pieces, rest), tuple(trims))

    def _render(self, roles: tuple[str, ...], *, generate: bool) -> str:
        messages = [{"role": role, "content": _marked(index)} for index, role in enumerate(roles)]
        return self._apply(messages, generate=generate)

    def _apply(self, messages: list[dict[str, str]], *, generate: bool) -> str:
        options: dict[str, Any] = dict(_FIXED)
        if self.is_plain:
            options["chat_template"] = PLAIN_TEMPLATE
        return str(
            self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=generate, **options)
        )


def _marked(index: int) -> str:
    return _PAD + _MARK.format(index) + _PAD
