"""An adapter's weights, and its file form in PEFT's layout (safetensors only)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save, save_file

from selfstudy.engine.projections import Projection

_PREFIX = "base_model.model."
_INSIDE = "selfstudy"


@dataclass(frozen=True, eq=False)
class Adapter:
    """LoRA weights: for each adapted projection's path, A [r, I] and B [O, r] on the CPU, in fp32 (or the base's fp64).

    The update of a projection is (alpha / rank) · B A. `base` is the identity of the base it was trained on.
    """

    base: str
    rank: int
    alpha: float
    weights: Mapping[str, tuple[torch.Tensor, torch.Tensor]]

    @property
    def scale(self) -> float:
        return self.alpha / self.rank

    def save(self, folder: Path, *, half: bool = False) -> None:
        """Write `adapter_config.json` and `adapter_model.safetensors`, as PEFT reads them; all or nothing.

        Weights are written in fp32, or with `half` in bf16, which halves the file and rounds them to 8 bits.

        Raises:
            FileExistsError: `folder` exists already.
        """
        if folder.exists():
            raise FileExistsError(f"adapter: {folder} exists already; choose another folder or remove it")
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".adapter-"))
        try:
            tensors = self._tensors(torch.bfloat16 if half else torch.float32)
            save_file(tensors, scratch / "adapter_model.safetensors", metadata={"format": "pt"})
            (scratch / "adapter_config.json").write_text(json.dumps(self._config(), indent=2))
            # Scratch folders and files are made for their owner alone; an adapter is for whoever may read its parent.
            scratch.chmod(0o755)
            for file in scratch.iterdir():
                file.chmod(0o644)
            os.replace(scratch, folder)
        except BaseException as error:
            shutil.rmtree(scratch, ignore_errors=True)
            if isinstance(error, SafetensorError):  # how safetensors tells of a full disk
                raise OSError(f"adapter: {folder} cannot be written ({error})") from error
            raise

    @classmethod
    def read(cls, folder: Path, *, base: str, projections: tuple[Projection, ...]) -> Adapter:
        """Read an adapter and check that it belongs to this base and fits its shapes.

        Raises:
            ValueError: a missing or damaged file, another base, or a tensor of another shape; the message names it.
        """
        config_file, tensor_file = folder / "adapter_config.json", folder / "adapter_model.safetensors"
        for file in (config_file, tensor_file):
            if not file.is_file():
                raise ValueError(f"adapter: {file} is missing; a PEFT adapter folder holds both files")
        try:
            config = json.loads(config_file.read_text())
            tensors = load_file(tensor_file)
        except (ValueError, SafetensorError) as error:  # ValueError: no JSON, or no UTF-8
            raise ValueError(f"adapter: {folder} cannot be read ({error}); it is truncated or damaged") from error
        return cls._checked(config, tensors, str(folder), base, projections)

    def to_bytes(self, about: Mapping[str, str] | None = None) -> bytes:
        """The adapter in one safetensors file with its config and `about` inside; equal bytes for equal contents."""
        # One entry: the order in which safetensors writes several is not the same twice.
        metadata = {_INSIDE: json.dumps({"adapter_config": self._config(), "about": dict(about or {})}, sort_keys=True)}
        return save(self._tensors(torch.float32), metadata=metadata)

    @classmethod
    def from_bytes(
        cls, data: bytes, *, base: str, projections: tuple[Projection, ...]
    ) -> tuple[Adapter, Mapping[str, str]]:
        """What `to_bytes` wrote, with its `about`.

        Raises:
            ValueError: damaged bytes, another base, or a tensor of another shape; the message names it.
        """
        place = "the stored adapter"
        try:
            length = int.from_bytes(
                data[:8], "little"
            )  # safetensors: the header's length, the header in JSON, the data
            inside = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_INSIDE])
            config, about, tensors = inside["adapter_config"], inside["about"], load(data)
        except (ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ValueError(f"adapter: {place} cannot be read ({error}); it is truncated or damaged") from error
        return cls._checked(config, tensors, place, base, projections), about

    def _tensors(self, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        tensors = {}
        for path, (a, b) in self.weights.items():
            tensors[f"{_PREFIX}{path}.lora_A.weight"] = a.to(dtype).contiguous()
            tensors[f"{_PREFIX}{path}.lora_B.weight"] = b.to(dtype).contiguous()
        return tensors

    def _config(self) -> dict[str, object]:
        return {
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": self.base,
            "r": self.rank, "lora_alpha": self.alpha, "lora_dropout": 0.0, "bias": "none",
            "target_modules": sorted(self.weights), "inference_mode": True,
        }  # fmt: skip

    @classmethod
    def _checked(
        cls,
        config: object,
        tensors: Mapping[str, torch.Tensor],
        place: str,
        base: str,
        projections: tuple[Projection, ...],
    ) -> Adapter:
        config = config if isinstance(config, dict) else {}
        trained_on = config.get("base_model_name_or_path")
        if trained_on != base:
            raise ValueError(f"adapter: {place} was trained on base {trained_on!r}, this base is {base!r}")
        try:
            rank, alpha = int(config["r"]), float(config["lora_alpha"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"adapter: {place} has a config without a usable r and lora_alpha") from error
        shapes = {p.path: (p.inputs, p.outputs) for p in projections}
        weights = {}
        ends = (".lora_A.weight", ".lora_B.weight")
        for stem in sorted({name.removesuffix(end) for name in tensors for end in ends if name.endswith(end)}):
            path = stem.removeprefix(_PREFIX)
            a, b = (tensors.get(stem + end) for end in ends)
            if path not in shapes:
                raise ValueError(f"adapter: {place} adapts {path}, which this model does not have")
            inputs, outputs = shapes[path]
            if a is None or b is None or a.shape != (rank, inputs) or b.shape != (outputs, rank):
                raise ValueError(
                    f"adapter: {place}: {path} has A {_shape(a)} and B {_shape(b)}, "
                    f"this model needs A {(rank, inputs)} and B {(outputs, rank)}"
                )
            weights[path] = (a.float(), b.float())
        if not weights:
            raise ValueError(f"adapter: {place} holds no LoRA tensor")
        return cls(base=base, rank=rank, alpha=alpha, weights=weights)


def _shape(tensor: torch.Tensor | None) -> tuple[int, ...] | None:
    return None if tensor is None else tuple(tensor.shape)
