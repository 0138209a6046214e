"""Words that the model itself holds to be near: neighbours of a word in its input embeddings."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import normalize
from transformers import PreTrainedModel

from selfstudy.models.encoder import Encoder

LEAST_SIMILAR = 0.42
MOST = 6


class Neighbours:
    """For a common lower-case word that is one token: other such words with cosine similarity above `least`.

    A small model's embeddings put near what can stand in the same place ("captain": commander, chief), and so give
    rewordings that the model could not write itself. Words of several tokens have no neighbours.
    """

    def __init__(self, model: PreTrainedModel, encoder: Encoder, *, least: float = LEAST_SIMILAR) -> None:
        embeddings: Any = model.get_input_embeddings()
        weight_VH = embeddings.weight.detach().float().cpu()
        self._unit_VH = normalize(weight_VH - weight_VH.mean(dim=0), dim=1)
        self._encoder, self._least = encoder, least
        self._words = [str(encoder.tokenizer.decode([i])) for i in range(self._unit_VH.shape[0])]
        self._usable_V = torch.tensor([_is_word(text) for text in self._words])
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, word: str) -> tuple[str, ...]:
        if word not in self._known:
            self._known[word] = self._find(word)
        return self._known[word]

    def _find(self, word: str) -> tuple[str, ...]:
        if not _is_word(f" {word}"):
            return ()
        ids = self._encoder.text(f" {word}")
        if len(ids) != 1:
            return ()
        near_V = (self._unit_VH @ self._unit_VH[ids[0]]).masked_fill(~self._usable_V, -1.0)
        top = near_V.topk(MOST + 1)
        return tuple(
            self._words[i].strip()
            for i, similarity in zip(top.indices.tolist(), top.values.tolist(), strict=True)
            if similarity > self._least and self._words[i].strip() != word
        )[:MOST]


def _is_word(text: str) -> bool:
    """A lower-case word of four letters or more behind a space: shorter ones are mostly grammar."""
    return text[:1] == " " and text[1:].isalpha() and text[1:].islower() and len(text) > 4
