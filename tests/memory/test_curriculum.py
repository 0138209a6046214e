"""The rows of a training run: every note each epoch, the promised share of general rows, repeatable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfstudy.domain.row import Row
from selfstudy.domain.token_row import TokenRow
from selfstudy.memory.curriculum import Rewording, curriculum, rehearsals
from selfstudy.models.tiny import tiny_tokenizer

UNCHANGED = Rewording(clean=1.0)
_TOKENIZER = tiny_tokenizer()


def _ids(text: str) -> tuple[int, ...]:
    return tuple(_TOKENIZER(text)["input_ids"])


def _encode(row: Row) -> TokenRow:
    ids = _ids(f"{row.prompt}|{row.target}")
    return TokenRow(ids, (0.0,) + (1.0,) * (len(ids) - 1))


def _text(row: TokenRow) -> str:
    return str(_TOKENIZER.decode(list(row.ids)))


def _general(n: int) -> list[TokenRow]:
    return [TokenRow(_ids(f"general {i}"), (0.0,) * 8 + (1.0,) * (len(_ids(f"general {i}")) - 8)) for i in range(n)]


def _rows(n: int) -> list[Row]:
    return [Row.question_answer(f"What is the number of the item {i}?", str(i)) for i in range(n)]


def _made(
    rows: list[Row],
    general: list[TokenRow],
    *,
    epochs: int,
    share: float,
    rewording: Rewording = UNCHANGED,
    seed: int = 1,
    known: Sequence[Row] = (),
) -> tuple[TokenRow, ...]:
    return curriculum(
        rows, general, _encode, epochs=epochs, general_share=share, rewording=rewording, synonyms=lambda w: (w + "s",),
        seed=seed, known=known,
    )  # fmt: skip


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 4), st.floats(0, 0.9), st.integers(0, 99))
def test_every_epoch_holds_every_row_and_the_share(n: int, general: int, epochs: int, share: float, seed: int) -> None:
    rows, others = _rows(n), _general(general)
    made = _made(rows, others, epochs=epochs, share=share, seed=seed)
    extra = round(n * share / (1 - share))
    assert len(made) == epochs * (n + extra)
    assert abs(extra / (n + extra) - share) <= 0.5 / (n + extra)
    known = set(others)
    seen: Counter[TokenRow] = Counter()
    for epoch in range(epochs):
        part = made[epoch * (n + extra) : (epoch + 1) * (n + extra)]
        assert sorted(_text(r) for r in part if r not in known) == sorted(f"{r.prompt}|{r.target}" for r in rows)
        seen.update(r for r in part if r in known)
    assert seen.total() == epochs * extra
    assert max(seen.values(), default=0) - min((seen[r] for r in others), default=0) <= 1


@settings(max_examples=40)
@given(st.integers(0, 5), st.integers(0, 9), st.integers(1, 5), st.floats(0, 0.9), st.integers(0, 99))
def test_known_rows_come_about_equally_often(n: int, old: int, epochs: int, share: float, seed: int) -> None:
    rows, known = _rows(n), _rows(20)[20 - old :]
    again = rehearsals(old, n)
    made = _made(rows, _general(3), epochs=epochs, share=share, seed=seed, known=known)
    assert len(made) == epochs * (n + again + round((n + again) * share / (1 - share)))
    texts = Counter(_text(row) for row in made)
    assert all(texts[f"{row.prompt}|{row.target}"] == epochs for row in rows)
    counts = [texts[f"{row.prompt}|{row.target}"] for row in known]
    assert sum(counts) == epochs * again
    assert max(counts, default=0) - min(counts, default=0) <= 1


def test_what_is_known_is_rehearsed_but_never_very_much() -> None:
    assert [rehearsals(known, 0) for known in (0, 1, 9, 400)] == [0, 1, 9, 200]
    assert rehearsals(4000, 30) == 200
    assert rehearsals(4000, 150) == 300
    assert rehearsals(400, 150) == 300


def test_the_seed_decides_the_order_and_the_words() -> None:
    rows, others = _rows(8), _general(4)
    one = _made(rows, others, epochs=3, share=0.3, rewording=Rewording(), seed=1)
    assert _made(rows, others, epochs=3, share=0.3, rewording=Rewording(), seed=1) == one
    assert _made(rows, others, epochs=3, share=0.3, rewording=Rewording(), seed=2) != one
    assert one[:11] != one[11:22]


def test_without_general_rows_there_are_none() -> None:
    assert len(_made(_rows(5), [], epochs=2, share=0.5)) == 10
    assert len(_made(_rows(5), _general(2), epochs=2, share=0.0)) == 10


@pytest.mark.parametrize("clean", [0.0, 0.4, 1.0])
def test_only_questions_are_reworded_and_as_often_as_told(clean: float) -> None:
    n = 300
    made = _made(_rows(n), [], epochs=1, share=0.0, rewording=Rewording(clean, most_dropped=0.8, swapped=0.5))
    texts = [_text(row) for row in made]
    assert sorted(t.split("|")[1] for t in texts) == sorted(str(i) for i in range(n))
    same = sum(t.split("|")[0] == f"What is the number of the item {t.split('|')[1]}?" for t in texts)
    assert abs(same / n - clean) < 0.15


def test_plain_rows_and_replies_stay_as_they_are() -> None:
    rows = [Row.plain("a plain row of many words")] * 20
    made = _made(rows, [], epochs=1, share=0.0, rewording=Rewording(0.0, 0.9, 1.0))
    assert {_text(row) for row in made} == {"|a plain row of many words"}


def test_answers_lose_their_first_article() -> None:
    said = ["the timber shed", "A map of the yard", "an hour", "theatre", "a"]
    rows = [Row.question_answer(f"What is item {i}?", answer) for i, answer in enumerate(said)]
    made = {_text(row).split("|")[1] for row in _made(rows, [], epochs=1, share=0.0)}
    assert made == {"timber shed", "map of the yard", "hour", "theatre", "a"}


def test_clauses_and_sentences_keep_theirs() -> None:
    said = ["the clock is slow", "A spark might start a fire", "The tower leans."]
    rows = [Row.question_answer(f"Why is item {i}?", answer) for i, answer in enumerate(said)]
    assert {_text(row).split("|")[1] for row in _made(rows, [], epochs=1, share=0.0)} == set(said)
