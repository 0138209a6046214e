"""The trials that the inner loop's benchmark times: read from a file, or generated as long as the shared ones."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import token_row

from selfstudy.domain.token_row import TokenRow
from selfstudy.models.chat import ChatForm

# Of the 32 shared adapters: lowest value, deciles, highest value. Lengths are in characters; an adapter's last row is
# its passage. With the default model's tokenizer a token is 4.5 of their characters.
ROWS_DECILES = (4, 5, 6, 6, 7, 8, 10, 10, 11, 11, 26)
NOTE_DECILES = (21, 71, 92, 104, 115, 127, 145, 160, 174, 203, 467)
PASSAGE_DECILES = (278, 447, 553, 594, 627, 656, 743, 883, 983, 1356, 2004)
QUESTIONS_DECILES = (1, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5)
QUESTION_DECILES = (103, 121, 131, 138, 143, 147, 151, 160, 166, 180, 225)
CHARACTERS_A_TOKEN = 4.5
WORDS = (
    "the of and in to was that which for with as by from had were their after before under during between several "
    "river council harbour empire station winter century village engineer government population treaty library music"
).split()


class TrialText(NamedTuple):
    """A self-edit's rows and its quiz's questions, as text."""

    rows: tuple[str, ...]
    questions: tuple[str, ...]


class Trial(NamedTuple):
    rows: tuple[TokenRow, ...]
    prompts: tuple[tuple[int, ...], ...]


def read_trials(file: Path) -> list[TrialText]:
    """Raises ValueError for a file that is not a list of {"rows": [text, ...], "questions": [text, ...]}."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"rows: {file} cannot be read as JSON ({error}); name another file with --rows") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f'rows: {file} holds no list of adapters; write [{{"rows": [...], "questions": [...]}}, ...]')
    for number, entry in enumerate(entries):
        for key in ("rows", "questions"):
            texts = entry.get(key) if isinstance(entry, dict) else None
            if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t for t in texts):
                raise ValueError(f'rows: {file}: adapter {number} has no "{key}"; give a list of texts, none empty')
    return [TrialText(tuple(entry["rows"]), tuple(entry["questions"])) for entry in entries]


def generated_trials(count: int, seed: int) -> list[TrialText]:
    """Trials of meaningless text whose numbers and lengths are distributed as those of the shared rows."""
    chance = random.Random(seed)

    def draw(deciles: Sequence[int]) -> int:
        place = chance.random() * (len(deciles) - 1)
        low = int(place)
        return round(deciles[low] + (place - low) * (deciles[low + 1] - deciles[low]))

    def text(deciles: Sequence[int]) -> str:
        length = draw(deciles)
        return " ".join(chance.choices(WORDS, k=length))[:length]

    return [
        TrialText(
            (*(text(NOTE_DECILES) for _ in range(draw(ROWS_DECILES) - 1)), text(PASSAGE_DECILES)),
            tuple(text(QUESTION_DECILES) for _ in range(draw(QUESTIONS_DECILES))),
        )
        for _ in range(count)
    ]


def tokenised(text: TrialText, form: ChatForm | None, vocabulary: int) -> Trial:
    """Plain text, no template, as the baseline has it. Without a tokenizer: random ids, as many as it would give."""

    def ids(words: str) -> tuple[int, ...]:
        if form is not None:
            return tuple(i % vocabulary for i in form.plain(words))
        return tuple(random.Random(words).choices(range(vocabulary), k=max(2, round(len(words) / CHARACTERS_A_TOKEN))))

    return Trial(tuple(token_row(ids(row)) for row in text.rows), tuple(ids(question) for question in text.questions))
