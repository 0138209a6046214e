"""A free form whose first line says how the self-edit is to be trained on: SEAL's choice of hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from selfstudy.domain.directives import HIGHEST_RATE, LOWEST_RATE, MOST_EPOCHS
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.self_edits.directive_line import read_directives
from selfstudy.self_edits.free_form import FreeForm

_TOLD = Path(__file__).parent / "prompts" / "free_form" / "directives.txt"
_CUE = "Learning rate:"


@dataclass(frozen=True)
class DirectedForm:
    """`base` is what the rest of the self-edit is written in. The editor goes on from the line's beginning."""

    base: FreeForm

    @property
    def name(self) -> str:
        return f"{self.base.name}_directed"

    def instruction(self, passage: Passage) -> str:
        """What the editor is told, up to the cue."""
        bounds = {"lowest": f"{LOWEST_RATE:.5f}", "highest": f"{HIGHEST_RATE:.2f}", "epochs": str(MOST_EPOCHS)}
        told = _TOLD.read_text(encoding="utf-8")
        for name, value in bounds.items():
            told = told.replace(f"{{{name}}}", value)
        return told + self.base.instruction(passage)

    @property
    def plain_cue(self) -> str:
        return _CUE

    @property
    def reply_cue(self) -> str:
        return _CUE

    def edit(self, passage: Passage, completion: str, quiz: Quiz = ()) -> SelfEdit:
        """The self-edit of a completion: its first line as directives, the rest in the base's form.

        Where that line cannot be read or asks for what is out of bounds, the self-edit is impossible and has no rows.
        """
        line, _, text = f"{_CUE}{completion}".partition("\n")
        try:
            directives = read_directives(line)
        except ValueError as error:
            return SelfEdit(passage.identity, self.name, (), impossible=str(error))
        if not self.base.is_question:
            text = text.lstrip().removeprefix(self.base.cue)
        return replace(self.base.edit(passage, text, quiz), format=self.name, directives=directives)
