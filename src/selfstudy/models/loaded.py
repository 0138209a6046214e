"""A model that is ready for use."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from selfstudy.models.chat import ChatForm


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A frozen causal language model (eval mode, no gradients) with its tokenizer and prompt form.

    `identity` is a content hash of the weights: equal weights have equal identities, wherever they lie.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    chat: ChatForm
    name: str
    identity: str
    device: torch.device
    dtype: torch.dtype
