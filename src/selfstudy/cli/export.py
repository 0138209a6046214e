"""`selfstudy export`: a version for use elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from selfstudy.cli.options import HomeOptions

if TYPE_CHECKING:
    from selfstudy.api.exporting import Exported


@Parameter(name="*")
@dataclass(frozen=True)
class ExportOptions(HomeOptions):
    """Where the base is, and how to compute.

    Parameters
    ----------
    model
        Where the version's base lies now [default: where it was].
    device
        Where to compute, as torch names it [default: cpu].
    dtype
        float32, bfloat16, float16 or auto; merged weights are written in it [default: auto, which is float32 with
        --merged].
    """

    model: str | None = None
    device: str | None = None
    dtype: str | None = None

    def flags(self) -> dict[str, object]:
        return super().flags() | {"model": self.model, "device": self.device, "dtype": self.dtype}


def export(
    version: str,
    /,
    *,
    to: Path,
    merged: Annotated[bool, Parameter(negative="")] = False,
    options: ExportOptions | None = None,
) -> None:
    """Write a version's adapter as a folder that PEFT reads, with tokenizer, chat template and model card.

    The router does not go along: what is exported answers every question with what was learned.

    Parameters
    ----------
    version
        Its name, as `history` lists it.
    to
        The folder to make; it must not exist.
    merged
        Write a whole model instead, the adapter merged into its base, as safetensors that transformers and selfstudy
        load. It is loaded again and must answer as base and adapter do.
    """
    options = options or ExportOptions()
    settings = options.settings()
    from selfstudy.api.exporting import export as export_version

    # The model that a config file names for studying need not be this version's: only the flag counts.
    found = export_version(
        settings.home.expanduser(), version, to, merged=merged, model=options.model, device=settings.device,
        dtype=settings.dtype, say=lambda text: print(f"selfstudy: {text}", file=sys.stderr),
    )  # fmt: skip
    if options.json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(export_json(found))
    else:
        _show(found)


def export_json(found: Exported) -> dict[str, object]:
    from selfstudy.cli.json_forms import score_json

    check = None
    if found.merged is not None:
        right = found.merged.right
        check = {"same": score_json(found.merged.same), "right": None if right is None else score_json(right)}
    return {
        "version": found.version.name, "folder": str(found.folder), "merged": found.merged is not None,
        "base_model": found.base_model, "files": list(found.files), "bytes": found.size, "check": check,
    }  # fmt: skip


def _show(found: Exported) -> None:
    size = f"{found.size / 1e6:.1f} MB"
    if found.merged is None:
        print(f"{found.version.name} is in {found.folder} ({size}): a PEFT adapter for {found.base_model}")
        return
    same, right = found.merged.same, found.merged.right
    print(f"{found.version.name} is in {found.folder} ({size}): {found.base_model} with the adapter merged into it")
    print(
        f"loaded again it gave {same.right} of {same.n} answers as base and adapter do"
        + (f", {right.right} of {right.n} right" if right is not None else "")
    )
