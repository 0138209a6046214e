"""selfstudy: a language model that studies documents by itself.

    from selfstudy import Study

    study = Study("~/.selfstudy")
    study.learn(["wiki/"])
    print(study.ask("Who founded Tiddock Light Radio?"))

The names below are loaded when they are first used: importing the package loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfstudy.api.preview import Preview as Preview
    from selfstudy.api.results import Asked as Asked
    from selfstudy.api.results import History as History
    from selfstudy.api.results import Learning as Learning
    from selfstudy.api.results import QuizResult as QuizResult
    from selfstudy.api.study import Study as Study
    from selfstudy.domain.quiz import Question as Question
    from selfstudy.domain.version import GateResult as GateResult
    from selfstudy.domain.version import Score as Score
    from selfstudy.domain.version import Scores as Scores
    from selfstudy.domain.version import Version as Version
    from selfstudy.settings import Settings as Settings

_PLACES = {
    "Asked": "api.results",
    "GateResult": "domain.version",
    "History": "api.results",
    "Learning": "api.results",
    "Preview": "api.preview",
    "Question": "domain.quiz",
    "QuizResult": "api.results",
    "Score": "domain.version",
    "Scores": "domain.version",
    "Settings": "settings",
    "Study": "api.study",
    "Version": "domain.version",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'selfstudy' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"selfstudy.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
