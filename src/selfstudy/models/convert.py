"""GGUF file → folder of bf16 safetensors with tokenizer, which loads faster and is what the rest of this room reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer

from selfstudy.models.cached import CONVERTER, STAMP, converted, is_converted
from selfstudy.models.errors import ModelError
from selfstudy.models.files import place_folder, scratch_folder, sha256_of
from selfstudy.models.gguf_file import field, open_gguf
from selfstudy.models.quiet import quiet

if TYPE_CHECKING:
    from gguf import GGUFReader


def convert(gguf: Path, cache: Path) -> Path:
    """The folder in `cache` with the model of a GGUF file, made on the first call.

    The folder's name carries the file's SHA-256; `selfstudy.json` in it records source and converter. Raises ModelError
    if the file is damaged or of a kind that transformers cannot read; nothing is left behind then.
    """
    if not gguf.is_file():
        raise ModelError(f"{gguf}: there is no such file")
    source = sha256_of(gguf)
    target = converted(gguf, cache, source)
    if is_converted(target):
        return target
    reader = open_gguf(gguf)
    with scratch_folder(cache) as scratch:
        folder = scratch / "model"
        folder.mkdir()
        try:
            with quiet():
                _write_model(gguf, reader, folder)
        except (ModelError, MemoryError):
            raise
        except Exception as error:  # transformers' readers raise KeyError, ValueError, NotImplementedError, ...
            reason = (str(error).strip().splitlines() or [""])[0]
            raise ModelError(
                f"{gguf}: transformers cannot read this GGUF model ({type(error).__name__}: {reason}); "
                f"use one of another quantisation, or a safetensors folder"
            ) from error
        stamp = {"source": gguf.name, "sha256": source, "converter": CONVERTER}
        (folder / STAMP).write_text(json.dumps(stamp, indent=2) + "\n")
        place_folder(folder, target)
    return target


def _write_model(gguf: Path, reader: GGUFReader, folder: Path) -> None:
    """Writes weights, config, tokenizer and chat template of a GGUF file into an empty folder."""
    where, name = str(gguf.parent), gguf.name
    tokenizer = AutoTokenizer.from_pretrained(where, gguf_file=name, local_files_only=True)
    _follow_file(tokenizer, reader)
    # 4-bit values times their scales do not fit bf16 exactly; summed up in float32 they are rounded once, here.
    model: Any = AutoModelForCausalLM.from_pretrained(where, gguf_file=name, dtype=torch.float32, local_files_only=True)
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # what is saved is plain numbers
    config.dtype = torch.bfloat16
    model.to(torch.bfloat16)
    weights = model.state_dict()
    if config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)  # safetensors refuses shared memory; it is tied again on loading
    save_file(
        {key: value.contiguous() for key, value in weights.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _follow_file(tokenizer: Any, reader: GGUFReader) -> None:
    """Sets what transformers leaves out or gets wrong (5.17 takes SmolLM2's begin of turn for its end of text)."""
    for role, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
        index = field(reader, f"tokenizer.ggml.{key}_token_id")
        if index is not None:
            setattr(tokenizer, f"{role}_token", tokenizer.convert_ids_to_tokens(int(index)))
    if field(reader, "tokenizer.ggml.model") == "gpt2":
        tokenizer.backend_tokenizer.decoder = ByteLevelDecoder()
    if field(reader, "tokenizer.ggml.pre") == "smollm":  # digits are cut off before all else
        splitter = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
        tokenizer.backend_tokenizer.pre_tokenizer = splitter
