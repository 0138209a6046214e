"""A name or a path gives a model that is ready for use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from selfstudy.models.chat import DEFAULT_SYSTEM, ChatForm
from selfstudy.models.errors import ModelError
from selfstudy.models.files import cache_folder
from selfstudy.models.loaded import LoadedModel
from selfstudy.models.precision import pick_device, pick_dtype
from selfstudy.models.quiet import quiet
from selfstudy.models.resolve import resolve


def load(
    name_or_path: str,
    *,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype = "auto",
    cache: Path | None = None,
    system: str | None = DEFAULT_SYSTEM,
) -> LoadedModel:
    """Loads a causal language model: a catalogue name, a folder, a .gguf file, or a hub id owner/name.

    The model is in eval mode and frozen. Code that a model brings along is never run, and weights are read from
    safetensors only. `cache` defaults to `cache_folder()`. Raises ModelError, one line, for whatever stands in the way.
    """
    place = pick_device(device)
    numbers = pick_dtype(dtype, place)
    found = resolve(name_or_path, cache or cache_folder())
    with quiet():
        tokenizer = _load_tokenizer(found.folder)
        model = _load_weights(found.folder, numbers)
    if (tokens := len(tokenizer)) > (rows := model.get_input_embeddings().weight.shape[0]):
        raise ModelError(
            f"{found.folder}: the tokenizer has {tokens} tokens, the model {rows}; they do not belong together"
        )
    model.to(place)
    model.requires_grad_(False)
    model.eval()
    chat = ChatForm(tokenizer, system, _stops(model))
    return LoadedModel(model, tokenizer, chat, name_or_path, found.identity, place, numbers)


def _load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # damaged tokenizer files raise whatever their parsers raise
        raise ModelError(f"{folder}: its tokenizer cannot be loaded ({_line(error)}); copy it again") from error
    return tokenizer


def _load_weights(folder: Path, dtype: torch.dtype) -> Any:
    auto: Any = AutoModelForCausalLM  # its return type depends on output_loading_info
    try:
        model, info = auto.from_pretrained(
            str(folder),
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except MemoryError:
        raise
    except Exception as error:  # configs of unknown architectures, wrong shapes, damaged headers
        raise ModelError(f"{folder}: transformers cannot load this model ({_line(error)})") from error
    _check_complete(folder, info)
    return model


def _check_complete(folder: Path, info: dict[str, Any]) -> None:
    """transformers only warns of these, and fills the gaps with random numbers."""
    for kind, meaning in (("missing_keys", "not in the weight files"), ("mismatched_keys", "of another shape")):
        keys = sorted(str(key[0] if isinstance(key, tuple) else key) for key in info.get(kind) or ())
        if keys:
            raise ModelError(
                f"{folder}: {len(keys)} of the model's weights are {meaning}, the first is {keys[0]}; "
                f"config.json and weights do not belong together"
            )


def _stops(model: Any) -> tuple[int, ...]:
    ids = getattr(model.generation_config, "eos_token_id", None)
    if ids is None:
        return ()
    return (ids,) if isinstance(ids, int) else tuple(ids)


def _line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
