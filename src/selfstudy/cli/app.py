"""The `selfstudy` command."""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError

app = App(
    name="selfstudy",
    help="A language model that studies documents by itself.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
_GOES_ON = "; what was done is kept, and the same command goes on"
STOPPED = {"learn": _GOES_ON, "reproduce": _GOES_ON}
DISK_FULL = 75
"""Exit code where there was no room, as sysexits.h has it for what may be tried again."""

_LEARN = """Learn documents on top of what the home knows, and publish a version if it passes the gate.

Ends with 0 if the version was published, with 3 if the gate refused it. Interrupted, the same command goes on.
"""
_DOCTOR = """Say what this machine can run, and what is missing or damaged, with the remedy.

Ends with 0 if all is well, with 1 if not. It takes a few seconds.
"""
_REPRODUCE = """Measure SEAL's results with a preset: its knowledge table, what rewards are worth, or its puzzles.

Ends with 0 if the run is done, with 4 if its --minutes were over. Interrupted, the same command goes on.
"""
_EXPERIMENTS = {
    "squad": ("reproduce:squad", "SEAL's table of knowledge incorporation, with baselines and controls."),
    "reward": ("reproduce:reward", "What rewards are worth: reliability, agreement with the answer key, the race."),
    "arc": ("reproduce_arc:reproduce_arc", "Plans for ARC puzzles, before and after a round of learning to plan."),
}
# Named, not imported: `--help` and quick commands load no more than they need.
_COMMANDS = {
    "learn": ("learn:learn", _LEARN),
    "ask": ("ask:ask", "Ask what was learned; no document is in context."),
    "quiz": ("quiz:quiz", "Ask a quiz closed-book, open-book, with retrieval, and of a version."),
    "history": ("history:history", "List the versions."),
    "rollback": ("history:rollback", "Make an earlier version the current one."),
    "notes": ("notes:notes", "Show what the model wrote about its documents, and what came of it."),
    "report": ("report:report", "Write one HTML page about a version, and print its path."),
    "export": ("export:export", "Write a version for use elsewhere: a PEFT adapter, or with --merged a whole model."),
    "models": ("models:models", "List the models that have a name here, and what is in the cache."),
    "doctor": ("doctor:doctor", _DOCTOR),
    "grade": ("grade:grade", "Grade the answers of a file without a judge, and compare with a judge's verdicts."),
    "solve": ("solve:solve", "Adapt the model to a puzzle of coloured grids (ARC) by its examples, and answer it."),
    "compare": ("compare:compare", "Test the rows that two reproductions have in common."),
    "teach-editor": ("teach_editor:teach_editor", "Teach a model to word questions, on lessons."),
}
for _name, (_place, _help) in _COMMANDS.items():
    app.command(f"selfstudy.cli.{_place}", name=_name, help=_help)
_reproduce = App(name="reproduce", help=_REPRODUCE)
for _name, (_place, _help) in _EXPERIMENTS.items():
    _reproduce.command(f"selfstudy.cli.{_place}", name=_name, help=_help)
app.command(_reproduce)


def main() -> None:
    """Run the command line; a mistake of the user's ends in lines that name it on standard error, and exit code 2."""
    try:
        sys.exit(app(exit_on_error=False) or 0)
    except CycloptsError:  # an unknown command or option; cyclopts has said so
        sys.exit(2)
    except (ValueError, OSError) as error:
        from selfstudy.store.errors import StoreFull

        print(f"selfstudy: {error}", file=sys.stderr)
        sys.exit(DISK_FULL if isinstance(error, StoreFull) else 2)
    except KeyboardInterrupt:
        print(f"selfstudy: stopped{STOPPED.get(''.join(sys.argv[1:2]), '')}", file=sys.stderr)
        sys.exit(130)
