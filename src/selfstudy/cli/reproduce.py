"""`selfstudy reproduce squad` and `reward`: SEAL's knowledge results, or what rewards are worth, with a preset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from selfstudy.cli.options import UNFINISHED, ModelOptions

if TYPE_CHECKING:
    from selfstudy.api.reproduce import Plan

Task = Literal["squad", "reward"]


@Parameter(name="*")
@dataclass(frozen=True)
class ReproduceOptions(ModelOptions):
    """Which experiment.

    Parameters
    ----------
    model
        Catalogue name, local folder, .gguf file or Hugging Face hub id [default: the preset's].
    preset
        smoke, small, full, or a .toml file of your own.
    data
        Folder with train.json, eval_200.json and self_edits_*.json [default: the project's own document sets].
    seed
        Instead of the preset's.
    train_tokens
        Tokens that each self-edit is trained on, whatever its length, to compare forms at equal cost; 0 leaves it to
        the recipe's epochs [default: the preset's].
    minutes
        Begin no new piece of work after so many minutes.
    fresh
        Give up an unfinished run of the same preset and data, and begin anew.
    """

    model: str | None = None
    preset: str = "smoke"
    data: Path | None = None
    seed: int | None = None
    train_tokens: int | None = None
    minutes: float | None = None
    fresh: Annotated[bool, Parameter(negative="")] = False

    def preset_flags(self) -> dict[str, object]:
        return {"model": self.model, "seed": self.seed, "train_tokens": self.train_tokens}


def squad(*, options: ReproduceOptions | None = None) -> int:
    """SEAL's table of knowledge incorporation: a fresh adapter a passage, its questions asked closed-book.

    Interrupted, the same command goes on. Ends with 0 if the run is done, with 4 if its minutes were over.
    """
    return _reproduce("squad", options or ReproduceOptions())


def reward(*, options: ReproduceOptions | None = None) -> int:
    """What rewards are worth: reliability of each, agreement with the answer key, and what the race keeps at what cost.

    Interrupted, the same command goes on. Ends with 0 if the run is done, with 4 if its minutes were over.
    """
    return _reproduce("reward", options or ReproduceOptions())


def _reproduce(task: Task, options: ReproduceOptions) -> int:
    from rich.console import Console

    from selfstudy.api.reproduce import plan

    found = _checked(options, task, plan)
    settings = options.settings()

    from selfstudy.api.reproduce import reproduce as run
    from selfstudy.build import build
    from selfstudy.cli.json_forms import print_json
    from selfstudy.cli.reproduction_report import write_reproduction_report
    from selfstudy.cli.reproduction_views import reproduction_json, show_reproduction

    console = Console(stderr=True)
    console.print(f"loading {found.preset.model}")
    shop = build(found.preset.model, device=settings.device, dtype=settings.dtype, editor=settings.editor)
    home = settings.home.expanduser()
    done = run(found, shop, home, minutes=options.minutes, fresh=options.fresh, say=console.print)
    report = write_reproduction_report(found, done)
    if options.json_output:
        print_json(reproduction_json(found, done) | {"report": str(report)})
    else:
        show_reproduction(found, done)
        print(f"report: {report}")
    return 0 if done.done else UNFINISHED


def _checked(options: ReproduceOptions, task: Task, plan: object) -> Plan:
    """Everything that is wrong with settings, preset and data at once."""
    assert callable(plan)
    problems = []
    try:
        options.settings()
    except ValueError as error:
        problems.append(str(error))
    try:
        made: Plan = plan(task, options.preset, options.data, options.preset_flags())
    except ValueError as error:
        problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    return made
