"""Options that several commands share, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from selfstudy.api.study import Study
    from selfstudy.settings import Settings

UNFINISHED = 4
"""Exit code of an experiment whose minutes were over before its end: the same command goes on."""


@Parameter(name="*")
@dataclass(frozen=True)
class HomeOptions:
    """Which home, and how to print.

    Parameters
    ----------
    home
        Folder of what was learned [default: ~/.selfstudy].
    config
        TOML file of settings [default: selfstudy.toml, if it is here]. The environment (SELFSTUDY_SEED, ...) goes
        before it, flags go before both.
    json_output
        Print one JSON document on standard output; progress goes to standard error.
    """

    home: Path | None = None
    config: Path | None = None
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False

    def settings(self) -> Settings:
        """All settings with these flags laid over them."""
        from selfstudy.settings import load_settings

        return load_settings(self.flags(), config=self.config)

    def flags(self) -> dict[str, object]:
        return {"home": self.home}

    def home_folder(self) -> Path:
        return self.settings().home.expanduser()

    def study(self) -> Study:
        """The home, ready; this loads torch."""
        settings = self.settings()
        from selfstudy.api.study import Study

        return Study(settings.home, settings=settings)


@Parameter(name="*")
@dataclass(frozen=True)
class ModelOptions(HomeOptions):
    """Which model, beside the home.

    Parameters
    ----------
    model
        Catalogue name, local folder, .gguf file or Hugging Face hub id [default: the home's own, else smollm2-135m].
    editor
        Adapter that `teach-editor` made for this model [default: the one shipped].
    device
        Where to compute, as torch names it [default: cpu].
    dtype
        float32, bfloat16, float16 or auto [default: auto].
    """

    model: str | None = None
    editor: Path | None = None
    device: str | None = None
    dtype: str | None = None

    def flags(self) -> dict[str, object]:
        own = {"model": self.model, "editor": self.editor, "device": self.device, "dtype": self.dtype}
        return super().flags() | own
