"""SEAL's free forms by name, and those of them in which the editor also says how it wants to be trained on."""

from __future__ import annotations

from selfstudy.self_edits.directed_form import DirectedForm
from selfstudy.self_edits.free_form import FreeForm

AnyFreeForm = FreeForm | DirectedForm

_IMPLICATIONS = FreeForm("implications", "Implications:")
_REWRITE = FreeForm("rewrite", "Rewritten passages:")
_SELF_QA = FreeForm("self_qa", "Question 1:", is_question=True)
_KNOWN: tuple[AnyFreeForm, ...] = (
    _IMPLICATIONS,
    FreeForm("implications_long", "Implications:"),
    _REWRITE,
    _SELF_QA,
    FreeForm("none"),
    DirectedForm(_IMPLICATIONS),
    DirectedForm(_REWRITE),
    DirectedForm(_SELF_QA),
)
FREE_FORMS: dict[str, AnyFreeForm] = {form.name: form for form in _KNOWN}


def get_free_form(name: str) -> AnyFreeForm:
    """The free form called `name`; a KeyError that lists the known ones otherwise."""
    if name not in FREE_FORMS:
        raise KeyError(f"no free form {name!r}; known: {', '.join(sorted(FREE_FORMS))}")
    return FREE_FORMS[name]
