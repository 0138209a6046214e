"""How an editor is asked to word a question for a given answer: one text for writing, teaching and judging."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_EXAMPLES = Path(__file__).parent / "prompts" / "question_answer.txt"
_CONTEXT_WORDS = 70


def asking_prompt(title: str, text: str, answer: str) -> str:
    """What the editor continues with a question whose answer is `answer`, as `text` of the passage `title` says."""
    return f"About: {title}\nText: {text}\nAnswer: {answer}\nQuestion:"


def asking_examples() -> str:
    """Worked examples in the same layout, for an editor that was not taught this."""
    head, *blocks = _EXAMPLES.read_text(encoding="utf-8").strip().split("\n\n")
    shown = [head]
    for block in blocks:
        title, text, question, answer = (line.split(": ", 1)[1] for line in block.splitlines())
        shown.append(f"{asking_prompt(title, text, answer)} {question}")
    return "\n\n".join(shown) + "\n\n"


def context_of(sentences: Sequence[str], index: int) -> str:
    """A sentence with the one before it, which its pronouns lean on, unless both together are long."""
    sentence = " ".join(sentences[index].split())
    before = " ".join(sentences[index - 1].split()) if index else ""
    joint = f"{before} {sentence}".strip()
    return joint if len(joint.split()) < _CONTEXT_WORDS else sentence


def sentence_holding(sentences: Sequence[str], question: str, answer: str) -> int | None:
    """Which sentence `question` asks about: of those that hold `answer`, the one with most of its words."""
    holding = [i for i, sentence in enumerate(sentences) if answer.casefold() in sentence.casefold()]
    asked = _stems(question)
    return max(holding, key=lambda i: len(_stems(sentences[i]) & asked), default=None)


def span_of(answer: str) -> str:
    """The answer as spans are found by rule, which never begin with an article."""
    return re.sub(r"(?i)^(?:an?|the)\s+", "", answer)


def _stems(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"\w{4,}", text.casefold())}
