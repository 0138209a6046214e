"""Composition root: a model's name becomes an engine, and the engine becomes the callables that other rooms take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from selfstudy.domain.identity import content_hash
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import GenerateRequest, ScoreRequest
from selfstudy.engine.engine import Engine, adapter_hash
from selfstudy.inner_loop.ask import answers
from selfstudy.memory.curriculum import Synonyms
from selfstudy.models.chat import ChatForm
from selfstudy.models.load import load
from selfstudy.models.neighbours import Neighbours
from selfstudy.self_edits.contract import WriteRequest

EDITORS = Path(__file__).parent / "editors"
"""Adapters of taught editors, a folder a model; ARCHITECTURE.md has the commands that made them."""


@dataclass(frozen=True, eq=False)
class Workshop:
    """A loaded model, ready to write, learn and answer."""

    engine: Engine
    form: ChatForm
    name: str
    synonyms: Synonyms
    taught: Adapter | None = None

    @cached_property
    def editor_identity(self) -> str:
        """Who words the notes: the hash of the taught adapter, or "" for the base alone."""
        return adapter_hash(self.taught) if self.taught is not None else ""

    def pieces(self, word: str) -> int:
        """Into how many tokens the tokenizer cuts `word` inside a text, in its kinder case."""
        return min(len(self.form.encoder.text(f" {w}")) for w in (word, word.capitalize()))

    def writer(self, seed: int) -> Editor:
        return Editor(self.engine, self.form, seed, self.taught)

    def scorer(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Mean log-probability a token of each continuation after its prompt, both plain text."""
        requests = [_continued(self.form, prompt, continuation) for prompt, continuation in pairs]
        return [score.mean for score in self.engine.score(requests)]


@dataclass(frozen=True, eq=False)
class Editor:
    """The base as the editor: continues plain-text prompts. A request's randomness comes from `seed` and its text.

    `taught` is an adapter that learned to write what teachable requests ask for; it gets them without examples.
    """

    engine: Engine
    form: ChatForm
    seed: int
    taught: Adapter | None = None

    def __call__(self, requests: Sequence[WriteRequest]) -> list[str]:
        asked = [
            GenerateRequest(
                self.form.plain(self._prompt(r)),
                r.max_new_tokens,
                self.form.stop_ids,
                self._adapters(r),
                r.temperature,
                r.top_p,
                seed=int(content_hash(str(self.seed), str(i), r.prompt)[:12], 16),
            )
            for i, r in enumerate(requests)
        ]
        replies = self.engine.generate(asked)
        return [self.form.decode(g.ids).split(r.stop)[0] for g, r in zip(replies, requests, strict=True)]

    def likelihoods(self, requests: Sequence[WriteRequest]) -> list[float]:
        asked = [_continued(self.form, self._prompt(r), r.completion, self._adapters(r)) for r in requests]
        return [sum(score.logprobs) for score in self.engine.score(asked)]

    def read(self, asked: Sequence[tuple[str, str]]) -> list[str]:
        questions, contexts = [question for _, question in asked], [context for context, _ in asked]
        return answers(self.engine, self.form, questions, contexts=contexts)

    def _adapters(self, request: WriteRequest) -> tuple[Adapter, ...]:
        return (self.taught,) if self.taught is not None and request.teachable else ()

    def _prompt(self, request: WriteRequest) -> str:
        return request.prompt if self._adapters(request) else request.examples + request.prompt


def _continued(form: ChatForm, prompt: str, continuation: str, adapters: tuple[Adapter, ...] = ()) -> ScoreRequest:
    head = form.plain(prompt)
    return ScoreRequest((*head, *form.encoder.text(continuation)), len(head), adapters)


def build(
    model: str, *, device: str = "cpu", dtype: str = "auto", cache: Path | None = None, editor: Path | None = None
) -> Workshop:
    """Load `model` (catalogue name, folder, .gguf file or hub id) behind an engine.

    `editor` is the folder of an adapter that `selfstudy teach-editor` made for this model; without it the one that is
    shipped for these weights is taken, if there is one.

    Raises:
        ModelError, ValueError: one line that says what does not fit.
    """
    loaded = load(model, device=device, dtype=dtype, cache=cache)
    engine = Engine(loaded.model, loaded.identity)
    folder = editor or shipped_editor(loaded.identity)
    taught = Adapter.read(folder, base=engine.identity, projections=engine.projections) if folder else None
    return Workshop(engine, loaded.chat, model, Neighbours(loaded.model, loaded.chat.encoder), taught)


def shipped_editor(identity: str, editors: Path = EDITORS) -> Path | None:
    """The folder of the taught editor that is shipped for the base `identity`, if any."""
    for config in sorted(editors.glob("*/adapter_config.json")):
        if json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"] == identity:
            return config.parent
    return None
