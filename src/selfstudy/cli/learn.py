"""`selfstudy learn`: documents in, a version out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from selfstudy.cli.options import ModelOptions

if TYPE_CHECKING:
    from selfstudy.api.preview import Preview
    from selfstudy.api.results import Learning

REFUSED = 3
"""Exit code of a job whose version the gate refused."""


@Parameter(name="*")
@dataclass(frozen=True)
class LearnOptions(ModelOptions):
    """How to learn.

    Parameters
    ----------
    seed
        The same seed gives the same version on the same machine [default: 0].
    forgotten
        Share of the retention probe, or of questions on earlier documents, that a version may lose [default: 0.05].
    reward
        What steers the race: "self", the model's own quiz, or "answer-key", half of the quiz given with --quiz; the
        other half reports then [default: self].
    """

    seed: int | None = None
    forgotten: float | None = None
    reward: str | None = None

    def flags(self) -> dict[str, object]:
        return super().flags() | {"seed": self.seed, "forgotten": self.forgotten, "reward": self.reward}


def learn(
    paths: Annotated[list[Path], Parameter(negative="")],
    /,
    *,
    quiz: Path | None = None,
    fresh: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    options: LearnOptions | None = None,
) -> int:
    """Learn documents on top of what the home knows, and publish a version if it passes the gate.

    Ends with 0 if the version was published, with 3 if the gate refused it. Interrupted, the same command goes on.

    Parameters
    ----------
    paths
        Files or folders: Markdown, text, reStructuredText, HTML, PDF, JSON lines, source code.
    quiz
        Questions to ask before and after, one JSON object a line (`question`, `answers`, optional `document`).
        They only report: nothing is learned from them.
    fresh
        Give up an unfinished job on the same documents and begin anew.
    dry_run
        Only show the rows as they would be trained on, what is learned of each between ⟦ and ⟧, with tokens, memory and
        time.
    """
    from rich.console import Console

    from selfstudy.documents.quiz_file import read_quiz
    from selfstudy.documents.read import read_documents

    options = options or LearnOptions()
    settings = options.settings()
    # What the user gave is checked before torch is imported: mistakes are told at once.
    read_documents(paths, largest=settings.largest_document)
    if quiz is not None:
        read_quiz(quiz)

    from selfstudy.cli.json_forms import learning_json, print_json
    from selfstudy.cli.progress import TrainingBar
    from selfstudy.cli.report_of import write_version_report

    console = Console(stderr=True)
    study = options.study()
    if dry_run:
        _preview(study.preview(paths, quiz=quiz, say=console.print), options.json_output)
        return 0
    with TrainingBar(console) as bar:
        found = study.learn(paths, quiz=quiz, fresh=fresh, say=console.print, progress=bar.update)
    report = write_version_report(study.home, found.version.name)
    if options.json_output:
        print_json(learning_json(found) | {"report": str(report)})
    else:
        _show(found)
        print(f"report: {report}")
    return 0 if found.version.gate.published else REFUSED


def _preview(found: Preview, as_json: bool) -> None:
    from selfstudy.cli.json_forms import print_json

    if as_json:
        print_json(asdict(found))
        return
    for row in found.rows:
        print(row)
    print(
        f"{len(found.rows)} rows before the race; with repeats and general rows about {found.trained_rows} to train on "
        f"({found.tokens} tokens): about {found.seconds:.0f} s, and {found.num_bytes / 2**30:.1f} GiB of memory"
    )


def _show(found: Learning) -> None:
    from rich.console import Console

    from selfstudy.cli.tables import before_after

    out, version, scores = Console(), found.version, found.version.scores
    if not found.studied:
        out.print(f"nothing new: {version.name} knows all of these documents already")
        return
    if version.answered:
        out.print(before_after(version.answered))
    of = "the quiz" if scores.quiz == "user" else "its own held-out questions"
    out.print(
        f"{of}, documents closed: {scores.before.right} of {scores.before.n} right before, {scores.after.right} after; "
        f"{scores.kept.right} of {scores.kept.n} general questions kept "
        f"({scores.kept_always_on.right} without the router)"
    )
    if version.gate.published:
        out.print(f"{version.name} is published: {version.steps} steps, {version.seconds:.0f} s")
    else:
        out.print(f"{version.name} was refused by the gate and does not answer: {'; '.join(version.gate.reasons)}")
