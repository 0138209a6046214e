"""A merged model is written, loaded again, and must answer as base and adapter do together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from selfstudy.api.model_card import Agreement
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.version import Score, Version
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.engine import Engine
from selfstudy.inner_loop.ask import answers
from selfstudy.memory.answering import score
from selfstudy.memory.retain import retention_probe
from selfstudy.models.load import load
from selfstudy.models.loaded import LoadedModel
from selfstudy.models.write_out import write_tokenizer, write_weights

LEAST_SAME = 0.9
"""Share of the answers that must be the same; what rounding changes is to stay below the rest."""
_PROBED = 20  # general questions for a version that has none of its own


def write_merged(
    loaded: LoadedModel, engine: Engine, adapter: Adapter, version: Version, folder: Path, say: Callable[[str], None]
) -> Agreement:
    """Merge `adapter` into the loaded model, which is changed by it, write it into `folder`, and ask it there.

    Raises:
        ValueError: fewer than LEAST_SAME of its answers are those of base and adapter, which are always on here.
    """
    quiz = _questions(version)
    asked = [question.text for question in quiz]
    say(f"asking base and adapter {len(asked)} questions")
    together = answers(engine, loaded.chat, asked, (adapter,))
    engine.merge([adapter])
    say(f"writing the merged model in {_name(loaded)}")
    write_weights(loaded, folder)
    write_tokenizer(loaded, folder)
    say("loading it again, and asking it the same")
    again = load(str(folder), device=loaded.device, dtype=loaded.dtype)
    said = answers(Engine(again.model, again.identity), again.chat, asked)
    same = Score(sum(old == new for old, new in zip(together, said, strict=True)), len(asked))
    if same.right < LEAST_SAME * same.n:
        wider = "" if _name(loaded) in ("float32", "float64") else "give --dtype float32, or "
        raise ValueError(
            f"export: merged in {_name(loaded)}, {version.name} answers {same.right} of {same.n} questions as base and "
            f"adapter do together, fewer than {LEAST_SAME:.0%}; nothing was kept: {wider}leave out --merged"
        )
    return Agreement(same, score(quiz, said) if version.answered else None)


def _questions(version: Version) -> Quiz:
    if version.answered:
        return tuple(Question(each.question, each.accepted, each.document) for each in version.answered)
    return retention_probe()[:_PROBED]


def _name(loaded: LoadedModel) -> str:
    return str(loaded.dtype).removeprefix("torch.")
