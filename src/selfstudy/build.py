"""Composition root: a model's name becomes an engine, and the engine becomes the callables that other rooms take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from selfstudy.domain.identity import content_hash
from selfstudy.engine.contract import GenerateRequest, ScoreRequest
from selfstudy.engine.engine import Engine
from selfstudy.memory.curriculum import Synonyms
from selfstudy.models.chat import ChatForm
from selfstudy.models.load import load
from selfstudy.models.neighbours import Neighbours
from selfstudy.self_edits.contract import WriteRequest


@dataclass(frozen=True, eq=False)
class Workshop:
    """A loaded model, ready to write, learn and answer."""

    engine: Engine
    form: ChatForm
    name: str
    synonyms: Synonyms

    def pieces(self, word: str) -> int:
        """Into how many tokens the tokenizer cuts `word` inside a text, in its kinder case."""
        return min(len(self.form.encoder.text(f" {w}")) for w in (word, word.capitalize()))

    def writer(self, seed: int) -> Editor:
        return Editor(self, seed)

    def scorer(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Mean log-probability a token of each continuation after its prompt, both plain text."""
        requests = []
        for prompt, continuation in pairs:
            head = self.form.plain(prompt)
            requests.append(ScoreRequest((*head, *self.form.encoder.text(continuation)), len(head)))
        return [score.mean for score in self.engine.score(requests)]


@dataclass(frozen=True, eq=False)
class Editor:
    """The base as the editor: continues plain-text prompts. A request's randomness comes from `seed` and its text."""

    workshop: Workshop
    seed: int

    def __call__(self, requests: Sequence[WriteRequest]) -> list[str]:
        form = self.workshop.form
        asked = [
            GenerateRequest(
                form.plain(r.prompt), r.max_new_tokens, form.stop_ids, temperature=r.temperature, top_p=r.top_p,
                seed=int(content_hash(str(self.seed), str(i), r.prompt)[:12], 16),
            )
            for i, r in enumerate(requests)
        ]  # fmt: skip
        replies = self.workshop.engine.generate(asked)
        return [form.decode(g.ids).split(r.stop)[0] for g, r in zip(replies, requests, strict=True)]


def build(model: str, *, device: str = "cpu", dtype: str = "auto", cache: Path | None = None) -> Workshop:
    """Load `model` (catalogue name, folder, .gguf file or hub id) behind an engine.

    Raises:
        ModelError, ValueError: one line that says what does not fit.
    """
    loaded = load(model, device=device, dtype=dtype, cache=cache)
    return Workshop(
        Engine(loaded.model, loaded.identity), loaded.chat, model, Neighbours(loaded.model, loaded.chat.encoder)
    )
