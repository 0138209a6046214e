"""A progress bar with time left for training steps."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class TrainingBar:
    """Shows nothing until the first step is reported."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("training"), BarColumn(), TextColumn("{task.completed}/{task.total} steps"),
            TimeRemainingColumn(), console=console, transient=True,
        )  # fmt: skip
        self._task = self._progress.add_task("training", total=None, visible=False)

    def __enter__(self) -> TrainingBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total, visible=True)
