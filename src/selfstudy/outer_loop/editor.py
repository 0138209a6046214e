"""The editor: what it is, how it is asked to write, and the rows from which it learns to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.row import Row, Segment
from selfstudy.domain.token_row import TokenRow
from selfstudy.outer_loop.contract import Example

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter


@dataclass(frozen=True, eq=False)
class EditorState:
    """The editor: adapters laid over the base, in the order in which they were trained. Without any it is the base."""

    adapters: tuple[Adapter, ...] = ()
    identity: str = ""


@dataclass(frozen=True)
class Sampling:
    """How self-edits are sampled. `chat` puts the prompt into a user turn, for models that only follow those, and the
    cue at the beginning of the reply."""

    temperature: float = 1.0
    top_p: float = 0.95
    most_tokens: int = 2048
    chat: bool = False


def example_row(form: PromptForm, sampling: Sampling, example: Example) -> TokenRow:
    """An example as it is trained on; one without a completion ends where the editor begins to write."""
    if not sampling.chat:
        given = Segment("plain", example.prompt + example.cue, False)
        written = (Segment("plain", example.completion, True),) if example.completion else ()
        return form.encode(Row((given, *written), weight=example.weight))
    asked = Segment("user", example.prompt.rstrip(), False)
    if example.cue:
        head = form.encode(Row((asked, Segment("assistant", example.cue, True))))
        ids = head.ids[: head.trained[-1]]  # without the end of the turn
    else:
        ids = form.prompt((asked,))
    if not example.completion:
        return TokenRow(ids, (0.0,) * len(ids))
    whole = form.encode(Row((asked, Segment("assistant", example.cue + example.completion, True))))
    # The cue's last token may merge with what follows; what is not the same as in the prompt is trained on.
    shared = next((i for i, (a, b) in enumerate(zip(ids, whole.ids, strict=False)) if a != b), len(ids))
    weights = tuple(0.0 if i < shared else weight * example.weight for i, weight in enumerate(whole.weights))
    return replace(whole, weights=weights)
