"""A tiny random model with a byte-level tokenizer, built in code: for tests, with no file and no network."""

from __future__ import annotations

from typing import Any, Literal

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from selfstudy.domain.identity import content_hash
from selfstudy.models.chat import DEFAULT_SYSTEM, ChatForm
from selfstudy.models.loaded import LoadedModel

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TINY_VOCAB = 256 + len(SPECIAL)


def tiny_tokenizer(*, chat_template: str | None = CHATML) -> PreTrainedTokenizerFast:
    """One token a byte (ids 3 to 258) behind three control tokens (0, 1, 2), with a ChatML template."""
    vocabulary = {token: index for index, token in enumerate((*SPECIAL, *sorted(ByteLevel.alphabet())))}
    backend = Tokenizer(BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False)
    backend.decoder = ByteLevelDecoder()
    untyped: Any = PreTrainedTokenizerFast
    tokenizer: PreTrainedTokenizerFast = untyped(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = chat_template
    return tokenizer


def tiny_model(
    seed: int,
    *,
    layers: int = 2,
    hidden: int = 32,
    heads: int = 4,
    kv_heads: int = 2,
    vocab: int = TINY_VOCAB,
    dtype: torch.dtype = torch.float32,
    architecture: Literal["llama", "qwen2"] = "llama",
    system: str | None = DEFAULT_SYSTEM,
) -> LoadedModel:
    """A random model on the CPU; equal arguments give equal weights, and torch's global random state is left alone.

    `vocab` may be above TINY_VOCAB (259), as real models' embeddings are padded; never below.
    Raises ValueError for sizes that do not fit together.
    """
    if vocab < TINY_VOCAB:
        raise ValueError(f"tiny model: vocab {vocab} is below the tokenizer's {TINY_VOCAB} tokens; give at least that")
    if hidden % heads or heads % kv_heads:
        raise ValueError(f"tiny model: {heads} heads must divide hidden {hidden}, and {kv_heads} kv_heads the heads")
    sizes: dict[str, Any] = {
        "vocab_size": vocab,
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "max_position_embeddings": 2048,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 2,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _build(architecture, sizes)
        with torch.no_grad():
            # transformers starts biases at 0 and scales at 1: too plain to show a mistake in either.
            for name, parameter in model.named_parameters():
                if name.endswith("bias"):
                    parameter.normal_(std=0.1)
                elif parameter.ndim == 1:
                    parameter.normal_(mean=1.0, std=0.1)
                else:
                    parameter.normal_(std=parameter.shape[-1] ** -0.5)
                # Parameters only, as transformers loads: rotary frequencies stay in float32.
                parameter.data = parameter.data.to(dtype)
    model.requires_grad_(False)
    model.eval()
    tokenizer = tiny_tokenizer()
    identity = content_hash("tiny", architecture, str(sorted(sizes.items(), key=str)), str(dtype), str(seed))
    return LoadedModel(
        model, tokenizer, ChatForm(tokenizer, system), f"tiny-{architecture}", identity, torch.device("cpu"), dtype
    )


def _build(architecture: str, sizes: dict[str, Any]) -> Any:
    if architecture == "llama":
        return LlamaForCausalLM(LlamaConfig(**sizes))
    if architecture == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**sizes))
    raise ValueError(f"tiny model: architecture {architecture!r} is unknown; use 'llama' or 'qwen2'")
