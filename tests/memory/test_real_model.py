"""End to end on the real default model: notes become an adapter that answers closed-book, saved and read back alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfstudy.build import Workshop, build
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import ScoreRequest
from selfstudy.inner_loop.ask import answers
from selfstudy.memory.curriculum import Rewording
from selfstudy.memory.learn import LearnSettings, train_on_notes
from selfstudy.memory.retain import general_prompts, general_rows
from selfstudy.models.errors import ModelError

PASSAGE = Passage(
    "pump.md",
    "The Orlu pump",
    "The Orlu pump was built by Hessa Quill in 1934. It lifts 61 litres a minute and is painted violet.",
)
FACTS = {
    "Hessa Quill": ("Who built the Orlu pump?", "What is the name of the builder of the Orlu pump?"),
    "1934": ("When was the Orlu pump built?", "In which year was the Orlu pump built?"),
    "61 litres": ("How much does the Orlu pump lift a minute?", "How many litres a minute does the Orlu pump lift?"),
    "violet": ("What colour is the Orlu pump?", "In which colour is the Orlu pump painted?"),
}
GENERAL = ("What is the capital of France?", "What do cows drink?", "Who wrote Hamlet?")


@pytest.fixture(scope="module")
def shop() -> Workshop:
    try:
        return build("smollm2-135m")
    except ModelError as error:
        if str(error).startswith("cannot download"):
            pytest.skip(str(error))
        raise


def test_it_learns_notes_and_keeps_to_itself(shop: Workshop, tmp_path: Path) -> None:
    notes = [Row.question_answer(q, answer) for answer, questions in FACTS.items() for q in questions]
    quiz = [Question(questions[0], (answer,)) for answer, questions in FACTS.items()]
    asked = [q.text for q in quiz]
    before = answers(shop.engine, shop.form, asked)
    general_before = answers(shop.engine, shop.form, GENERAL)
    assert not any(q.accepts(said) for q, said in zip(quiz, before, strict=True))

    general = general_rows(shop.engine, shop.form, general_prompts()[:24], max_new_tokens=8)
    assert all(row.loss == "kl" and row.targets for row in general)
    settings = LearnSettings(rows=240, rewording=Rewording(clean=1.0), protected_rows=12)
    learned = train_on_notes(
        shop.engine, shop.form, [PASSAGE], notes, general, general_prompts(), settings=settings,
        synonyms=shop.synonyms, pieces=shop.pieces, seed=1,
    )  # fmt: skip
    after = answers(shop.engine, shop.form, asked, (learned.adapter,))
    assert sum(q.accepts(said) for q, said in zip(quiz, after, strict=True)) >= 3, after
    # The base itself is untouched, and the router leaves general questions to it.
    assert answers(shop.engine, shop.form, GENERAL) == general_before
    assert [learned.router.to_adapter(q) for q in (*asked, *GENERAL)] == [True] * 4 + [False] * 3

    learned.adapter.save(tmp_path / "pump")
    again = Adapter.read(tmp_path / "pump", base=shop.engine.identity, projections=shop.engine.projections)
    prompt = shop.form.question_prompt(asked[0])
    one, two = (shop.engine.score([ScoreRequest(prompt, 1, (a,))])[0] for a in (learned.adapter, again))
    assert one == two


def test_no_notes_is_an_error_that_says_so(shop: Workshop) -> None:
    with pytest.raises(ValueError) as caught:
        train_on_notes(
            shop.engine, shop.form, [PASSAGE], [], (), (), settings=LearnSettings(), synonyms=shop.synonyms,
            pieces=shop.pieces, seed=1,
        )  # fmt: skip
    assert str(caught.value) == (
        "learn: there are no notes to train on; every row was filtered out, or none was written"
    )
