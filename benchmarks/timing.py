"""What the benchmarks of speed share: a model or a shape to time, clocks, the rate of products, a table."""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from selfstudy.domain.recipe import ALL_LINEAR, QV
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.engine import Engine
from selfstudy.engine.projections import Projection
from selfstudy.models.cached import catalogue_in
from selfstudy.models.chat import ChatForm
from selfstudy.models.files import cache_folder
from selfstudy.models.machine import cores
from selfstudy.models.precision import pick_device, pick_dtype
from selfstudy.models.quiet import quiet

TARGETS = {"qv": QV, "all": ALL_LINEAR}
DTYPES = {"auto": "auto", "fp32": "float32", "bf16": "bfloat16"}
PRODUCT_TOKENS, PRODUCT_TURNS = 512, 7
# Width, width inside, layers, heads, key-value heads, vocabulary; architecture; whether head and embedding are one.
SHAPES = {
    "qwen2.5-7b": ((3584, 18944, 28, 28, 4, 152064), "qwen2", False),
    "qwen2.5-0.5b": ((896, 4864, 24, 14, 2, 151936), "qwen2", True),
    "smollm2-135m": ((576, 1536, 30, 9, 3, 49152), "llama", True),
}
LONGEST = 2048


class Spread(NamedTuple):
    median: float
    min: float
    max: float


def at_hand(name: str) -> Path | None:
    """The folder of a model that need not be fetched or converted first."""
    ready = {known.entry.name: known.folder for known in catalogue_in(cache_folder()) if known.state == "ready"}
    folder = ready.get(name.casefold(), Path(name))
    return folder if folder.is_dir() else None


def folder_of(name: str) -> Path:
    if folder := at_hand(name):
        return folder
    from selfstudy.models.resolve import resolve  # needs gguf, which a bare GPU machine does not have

    return resolve(name, cache_folder()).folder


def load_model(folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    with quiet():
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True, use_safetensors=True)
    return model.to(device).eval()


def random_model(shape: str, device: torch.device, dtype: torch.dtype) -> Any:
    (width, inside, layers, heads, kv_heads, vocabulary), architecture, tied = SHAPES[shape]
    config = AutoConfig.for_model(
        architecture, hidden_size=width, intermediate_size=inside, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=kv_heads, vocab_size=vocabulary, tie_word_embeddings=tied,
    )  # fmt: skip
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=dtype).eval()


def model_options() -> argparse.ArgumentParser:
    """Options of every benchmark that times the engine."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--model", default="smollm2-135m", help="a name, a folder, a .gguf file or a hub id")
    parser.add_argument("--random-shape", choices=SHAPES, help="random weights of this shape, with --model's tokenizer")
    parser.add_argument("--dtype", choices=DTYPES, default="auto", help="auto: bf16 where the hardware has it")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--slots", type=int, help="adapters trained at once; without it all of a call")
    parser.add_argument("--tokens-in-flight", type=int, help="tokens of a pass; without it the engine's own number")
    parser.add_argument("--rows-at-once", type=int, help="answers decoded at once; without it the engine's own number")
    parser.add_argument("--json", type=Path)
    return parser


def open_engine(args: argparse.Namespace, slots: int) -> tuple[Engine, ChatForm | None]:
    """What `model_options` ask for, and the model's prompt form if a tokenizer is there; `slots` as they leave open."""
    device = pick_device(args.device)
    dtype, shape = pick_dtype(DTYPES[args.dtype], device), args.random_shape
    folder = at_hand(args.model) if shape else folder_of(args.model)
    form = ChatForm(AutoTokenizer.from_pretrained(folder, local_files_only=True)) if folder else None
    model = random_model(shape, device, dtype) if shape else load_model(folder_of(args.model), device, dtype)
    limits = {"tokens_in_flight": args.tokens_in_flight, "rows_at_once": args.rows_at_once}
    given = {name: number for name, number in limits.items() if number is not None}
    return Engine(model, f"{shape}, random weights" if shape else args.model, slots=args.slots or slots, **given), form


def open_with_tokenizer(args: argparse.Namespace, slots: int) -> tuple[Engine, ChatForm]:
    """`open_engine` for benchmarks of real text; ends the program where no tokenizer is at hand."""
    engine, form = open_engine(args, slots)
    if form is None:
        sys.exit(f"{args.model}: no tokenizer is at hand; name a model that is with --model")
    return engine, form


def hardware(backbone: Backbone) -> dict[str, object]:
    """The machine, and whether the engine has its own kernels there."""
    device = backbone.device
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(), "cores": cores(),
        "threads": torch.get_num_threads(), "torch": torch.__version__,
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "kernels": backbone.native.library is not None,
    }  # fmt: skip


def timed(device: torch.device, work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of `work` until the device has done it, and what it returned."""
    wait = partial(torch.cuda.synchronize, device) if device.type == "cuda" else lambda: None
    wait()
    begin = time.perf_counter()
    done = work()
    wait()
    return time.perf_counter() - begin, done


def matrix_rate(engine: Engine) -> float:
    """FLOP a second of bare products at the model's shapes: [512, I] through each layer's widest weight and back."""
    device, layers = engine.backbone.device, range(engine.layers)
    widest = [max((p for p in engine.projections if p.layer == n), key=lambda p: p.outputs / p.inputs) for n in layers]
    states = [torch.randn(PRODUCT_TOKENS, p.inputs, device=device).to(engine.backbone.dtype) for p in widest]

    def turn() -> None:
        for projection, states_TI in zip(widest, states, strict=True):
            states_TI @ projection.module.weight.T @ projection.module.weight

    turn()  # the first one prepares the kernels
    seconds = statistics.median(timed(device, turn)[0] for _ in range(PRODUCT_TURNS))
    return sum(4 * PRODUCT_TOKENS * p.inputs * p.outputs for p in widest) / seconds


def training_flop(
    projections: Iterable[Projection], head: int, targets: Sequence[str], rank: int, tokens: int, trained_tokens: int
) -> int:
    """FLOP of training on `tokens`: forward and input gradient over frozen weights, all three products of adapters."""
    body = sum(p.inputs * p.outputs for p in projections)
    adapter = sum(rank * (p.inputs + p.outputs) for p in projections if p.target in targets)
    return (4 * body + 6 * adapter) * tokens + 4 * head * trained_tokens


def token_row(ids: Sequence[int]) -> TokenRow:
    """A row as the baseline trains it: labels = ids, which transformers shifts, so the first id alone has no loss."""
    kept = tuple(ids[:LONGEST])
    return TokenRow(kept, (0.0,) + (1.0,) * (len(kept) - 1))


def spread(values: Sequence[float]) -> Spread | None:
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """The rows' columns, each in its format; what was not measured is a dash."""
    lines = [tuple(columns)]
    lines += [tuple("-" if r[k] is None else form.format(r[k]) for k, form in columns.items()) for r in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)
