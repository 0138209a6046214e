"""Model folders and GGUF files to break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy
import torch

from selfstudy.models.loaded import LoadedModel
from selfstudy.models.tiny import CHATML


def save(tiny: LoadedModel, folder: Path) -> Path:
    """The tiny model as a folder, as transformers writes it."""
    tiny.model.save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    return folder


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def names(folder: Path) -> list[str]:
    """Everything below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write_gguf(tiny: LoadedModel, path: Path) -> Path:
    """The tiny Llama (vocab 261) as a GGUF file: float32, query and key rows in llama.cpp's rotary order."""
    config: Any = tiny.model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    vocabulary = tiny.tokenizer.get_vocab()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    # The format wants merges, and readers of old stumble over a single one; the model has rows for two.
    writer.add_token_list([*sorted(vocabulary, key=vocabulary.__getitem__), "!!", "!!!!"])
    writer.add_token_types([3] * 3 + [1] * (len(vocabulary) - 1))
    writer.add_token_merges(["! !", "!! !!"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_chat_template(CHATML)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, value in tiny.model.state_dict().items():
        for theirs, count in heads.items():
            if theirs in name:
                value = _rotary_order(value, count)
        writer.add_tensor(_gguf_name(name), value.to(torch.float32).numpy().astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _rotary_order(weight: torch.Tensor, heads: int) -> torch.Tensor:
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns).contiguous()


def _gguf_name(name: str) -> str:
    for ours, theirs in {
        "model.embed_tokens": "token_embd",
        "model.norm": "output_norm",
        "lm_head": "output",
        "model.layers": "blk",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "post_attention_layernorm": "ffn_norm",
        "input_layernorm": "attn_norm",
    }.items():
        name = name.replace(ours, theirs)
    return name
