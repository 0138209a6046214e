"""A loaded model's files, as transformers reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import GenerationConfig

from selfstudy.models.loaded import LoadedModel
from selfstudy.models.quiet import quiet


def write_tokenizer(loaded: LoadedModel, folder: Path) -> None:
    """The tokenizer's files with the chat template, into an existing folder.

    A model without a template gets none: its prompt form depends on that.
    """
    with quiet(), disk_failures():
        loaded.tokenizer.save_pretrained(folder)


def write_weights(loaded: LoadedModel, folder: Path) -> None:
    """Weights in the dtype they are loaded in, config and generation settings; `folder` is made if it is missing.

    Of the generation settings only ids are kept, with all that ends a reply here: how to sample, a model's authors
    found out for other weights, and what some of them set transformers refuses to write.
    """
    model: Any = loaded.model
    ids = {name: getattr(model.generation_config, name, None) for name in ("bos_token_id", "pad_token_id")}
    settings: Any = GenerationConfig  # untyped
    model.generation_config = settings(**ids, eos_token_id=list(loaded.chat.stop_ids))
    with quiet(), disk_failures():
        model.save_pretrained(folder)


def shown_prompt(loaded: LoadedModel, question: str) -> str:
    """The prompt that asks `question`, as text with its control tokens written out."""
    ids = list(loaded.chat.question_prompt(question))
    return str(loaded.tokenizer.decode(ids, clean_up_tokenization_spaces=False))


@contextmanager
def disk_failures() -> Iterator[None]:
    """What the disk refuses in this block is an OSError: safetensors and tokenizers have other classes for it."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise OSError((str(error).strip().splitlines() or [type(error).__name__])[0]) from error
