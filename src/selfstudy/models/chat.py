"""The one prompt form: rows, quiz questions and asked questions become token ids here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from transformers import PreTrainedTokenizerBase

from selfstudy.domain.row import Row, Segment
from selfstudy.domain.token_row import TokenRow
from selfstudy.models.encoder import Encoder
from selfstudy.models.errors import ModelError
from selfstudy.models.tape import Tape
from selfstudy.models.template import Template

DEFAULT_SYSTEM = "Answer the question directly and concisely."
_QUESTION = "Question: "
# Ends of text by other names than eos_token: a model that writes one has ended, whatever its tokenizer's settings say.
_END_OF_TEXT = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>")
_SAMPLE = (Segment("user", "Who was it?", False), Segment("assistant", "It was me.", False))


@dataclass(frozen=True, eq=False)
class ChatForm:
    """A tokenizer's prompt form.

    `system` opens every conversation that brings no system segment of its own; with None nothing is said, and the
    template may put in its own default (SmolLM2's and Qwen's do). `extra_stops` are further ids that end a reply, as
    the model's generation settings list them.

    Raises ModelError at construction if the tokenizer would let text forge control tokens, or has no end-of-text token.
    """

    tokenizer: PreTrainedTokenizerBase
    system: str | None = DEFAULT_SYSTEM
    extra_stops: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._bare.check()
        if self.tokenizer.eos_token_id is None:
            raise ModelError("the tokenizer has no end-of-text token (eos_token); set one in tokenizer_config.json")

    def encode(self, row: Row, context: str | None = None) -> TokenRow:
        """The row's ids; weights are row.weight on trained tokens and 0 elsewhere; `targets` stays None.

        With `context` (open-book) the first user turn is the one that `question_prompt` asks with, and plain segments
        stand behind the context and a blank line; the trained ids are the same, one for one, as without it.

        A trained assistant segment trains its end-of-turn token too. Plain segments follow on each other without a
        template, and end with a trained end-of-text token if the last is trained. The first id has weight 0 always.

        Raises ModelError for a row without segments, one that mixes plain segments with turns, whose order of roles the
        template refuses, or that has no user turn to put a context into.
        """
        if not row.segments:
            raise ModelError("row: it has no segments; give it at least one")
        plain = [segment.role == "plain" for segment in row.segments]
        if any(plain) and not all(plain):
            raise ModelError("row: it mixes plain segments with chat turns; use one kind in a row")
        tape = Tape(self._bare if all(plain) else self.encoder)
        if all(plain):
            self._write_plain(tape, row, context)
        else:
            self._write_turns(tape, self._turns(_opened(row.segments, context)), row.weight)
        tape.flush()
        if not tape.ids:
            raise ModelError("row: its segments are empty and nothing in it is trained")
        return TokenRow(tuple(tape.ids), (0.0, *tape.weights[1:]), row.loss)

    def question_prompt(self, question: str, context: str | None = None) -> tuple[int, ...]:
        """Ids of the prompt that asks `question`, up to where the answer begins.

        With `context` (open-book) the user turn is the context, a blank line, and "Question: " with the question.
        The ids are a prefix of `encode(Row.question_answer(question, ...))`.
        """
        return self.prompt((Segment("user", open_book(question, context), False),))

    def prompt(self, segments: Sequence[Segment]) -> tuple[int, ...]:
        """Ids of a conversation that ends with a user turn, and of the header of the assistant's reply to it."""
        if not segments or segments[-1].role != "user":
            raise ModelError("prompt: its last turn must be the user's")
        tape = Tape(self.encoder)
        turns = self._turns((*segments, Segment("assistant", "", False)))
        self._write_turns(tape, turns, 0.0, as_prompt=True)
        tape.flush()
        return tuple(tape.ids)

    def plain(self, text: str) -> tuple[int, ...]:
        """Ids of raw text, behind whatever the tokenizer begins a text with. No control tokens from the text."""
        return (*self._bare.bos, *self._bare.text(text))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, control tokens left out."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def show(self, row: TokenRow) -> str:
        """The row as text to look at: control tokens written out, trained stretches between ⟦ and ⟧."""
        shown: list[str] = []
        start = 0
        for end in range(1, len(row.ids) + 1):
            if end == len(row.ids) or (row.weights[end] > 0) != (row.weights[start] > 0):
                text = self.tokenizer.decode(list(row.ids[start:end]), clean_up_tokenization_spaces=False)
                shown.append(f"⟦{text}⟧" if row.weights[start] > 0 else str(text))
                start = end
        return "".join(shown)

    @cached_property
    def template(self) -> Template:
        return Template(self.tokenizer)

    @cached_property
    def end_of_turn(self) -> int:
        """The id that ends an assistant turn: the first control token the template writes after one, else eos."""
        roles = [turn.role for turn in self._turns(_SAMPLE)]
        after = self.encoder.parts(self.template.frame(roles).pieces[-1])
        first = next((part for part in after if not (isinstance(part, str) and part.isspace())), None)
        return first if isinstance(first, int) else int(self.tokenizer.eos_token_id)

    @cached_property
    def stop_ids(self) -> tuple[int, ...]:
        """Ids that end a reply, ascending: end of turn and end of text."""
        known = {self._bare.control[text] for text in _END_OF_TEXT if text in self._bare.control}
        return tuple(sorted({self.end_of_turn, int(self.tokenizer.eos_token_id), *known, *self.extra_stops}))

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder whose anchor makes our pieces come out as the template's own text does, if one does."""
        if self.template.is_plain:
            return self._bare
        turns = self._turns(_SAMPLE)
        text = self.template.spelled([(turn.role, turn.text) for turn in turns])
        wanted = list(self.tokenizer(text, add_special_tokens=False, split_special_tokens=False)["input_ids"])
        for encoder in (self._bare, Encoder(self.tokenizer, anchor="\n")):
            tape = Tape(encoder)
            self._write_turns(tape, turns, 0.0)
            tape.flush()
            if tape.ids == wanted:
                return encoder
        return self._bare

    @cached_property
    def _bare(self) -> Encoder:
        return Encoder(self.tokenizer)

    def _turns(self, segments: Sequence[Segment]) -> tuple[Segment, ...]:
        """The turns with our system message, which moves into the user's first turn if the template takes none."""
        turns = tuple(self._asked(turn) for turn in segments) if self.template.is_plain else tuple(segments)
        if turns[0].role != "system":
            if self.system is None:
                return turns
            turns = (Segment("system", self.system, False), *turns)
        if self.template.takes_system or len(turns) < 2 or turns[1].role != "user":
            return turns
        told = Segment("user", f"{turns[0].text}\n\n{turns[1].text}", turns[1].trained)
        return (told, *turns[2:])

    def _asked(self, turn: Segment) -> Segment:
        if turn.role != "user" or _QUESTION in turn.text:
            return turn
        return Segment("user", _QUESTION + turn.text, turn.trained)

    def _write_plain(self, tape: Tape, row: Row, context: str | None) -> None:
        for index in self._bare.bos:
            tape.control(index)
        if context is not None:
            tape.text(f"{context}\n\n")
            tape.anew()
        first = len(tape.ids)
        for segment in row.segments:
            tape.text(segment.text, row.weight if segment.trained else 0.0)
        if row.segments[-1].trained:
            tape.control(int(self.tokenizer.eos_token_id), row.weight)
        tape.flush()
        if context is not None and not self._bare.bos and len(tape.ids) > first:
            tape.weights[first] = 0.0  # without the context nothing comes before it

    def _write_turns(self, tape: Tape, turns: Sequence[Segment], weight: float, *, as_prompt: bool = False) -> None:
        """Writes the turns; `as_prompt` stops before the text of the last one, the reply that is asked for."""
        roles = [turn.role for turn in turns]
        frame = self.template.frame(roles)
        trained_answer = False
        for index, turn in enumerate(turns):
            piece, lead = self.template.header(roles, index) if turn.role == "assistant" else (frame.pieces[index], "")
            self._write_between(tape, piece, weight if trained_answer else 0.0)
            if turn.role == "assistant":
                tape.flush()
            if as_prompt and index == len(turns) - 1:
                return
            tape.text(lead + frame.trimmed(index, turn.text), weight if turn.trained else 0.0)
            trained_answer = turn.trained and turn.role == "assistant"
        self._write_between(tape, frame.pieces[-1], weight if trained_answer else 0.0, is_last=True)

    def _write_between(self, tape: Tape, piece: str, weight: float, *, is_last: bool = False) -> None:
        """Writes a piece of the template; `weight` above 0 trains the end-of-turn token at its start."""
        parts = tape.encoder.parts(piece)
        if weight > 0:
            blank = 1 if parts and isinstance(parts[0], str) and parts[0].isspace() else 0
            if parts[blank : blank + 1] == [self.end_of_turn]:
                if blank:
                    tape.text(str(parts[0]), weight)
                tape.control(self.end_of_turn, weight)
                parts = parts[blank + 1 :]
            elif is_last:  # a template that leaves its last answer open: the model must learn to stop all the same
                tape.control(int(self.tokenizer.eos_token_id), weight)
        tape.parts(parts)


def _opened(segments: Sequence[Segment], context: str | None) -> tuple[Segment, ...]:
    """The turns with the context in the first of the user's."""
    if context is None:
        return tuple(segments)
    first = next((place for place, turn in enumerate(segments) if turn.role == "user"), None)
    if first is None:
        raise ModelError("row: it has no user turn to put the context into")
    asked = replace(segments[first], text=open_book(segments[first].text, context))
    return (*segments[:first], asked, *segments[first + 1 :])


def open_book(question: str, context: str | None) -> str:
    """The user's text for a question with the passage before it, or for the question alone."""
    return question if context is None else f"{context}\n\n{_QUESTION}{question}"
