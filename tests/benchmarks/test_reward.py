"""The leak control on a tiny model: copies pass no filter, and rewards are those that a study's race would see."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from benchmarks import reward
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.inner_loop.race import race
from selfstudy.inner_loop.trial import Entry, run_cohort
from selfstudy.memory.notes import draw_quiz, trial_recipe, write_candidates
from selfstudy.memory.study_settings import Candidate, StudySettings
from selfstudy.quizzes.held_out import HeldOutQuiz
from selfstudy.statistics.agreement import Agreement
from tests.fakes import Editor
from tests.inner_loop import small

SET = Path(__file__).parent.parent.parent / "examples" / "sets" / "tessera"
RECIPE = UpdateRecipe(rank=4, alpha=16, targets=ALL_LINEAR, learning_rate=2e-2, rows_per_step=8)
SETTINGS = StudySettings(
    candidates=(Candidate("question_answer", 2), Candidate("raw")), quiz=4, trial=RECIPE, budgets=(8, 16)
)
SEED = 3


def _scorer(pairs: list[tuple[str, str]]) -> list[float]:
    return [-1.0] * len(pairs)


def _small_set() -> reward.DocumentSet:
    """One document in two passages, and one more document, so that questions must find their document."""
    whole = reward.read_set(SET)
    one, two, *_ = whole.passages
    blocks = one.text.split("\n\n")
    assert len(blocks) > 1
    parts = [replace(one, text="\n\n".join(b)) for b in (blocks[:1], blocks[1:])]
    return replace(whole, passages=(*parts, two))


@pytest.fixture(scope="module")
def measured() -> list[reward.PassageResult]:
    engine, form = small.engine()
    return reward.measure(engine, form, _small_set(), writer=Editor(), scorer=_scorer, settings=SETTINGS, seed=SEED)


def test_every_passage_has_its_candidates_and_both_controls(measured: list[reward.PassageResult]) -> None:
    documents = _small_set()
    assert [(r.document, r.part, r.parts) for r in measured] == [
        (documents.passages[0].document, 1, 2),
        (documents.passages[0].document, 2, 2),
        (documents.passages[2].document, 1, 1),
    ]
    for result in measured:
        assert [c.name for c in result.candidates] == ["question_answer/2", "raw/2", "copy", "copy_filtered"]
        assert result.num_user == sum(q.document == result.document for q in documents.user) > 0
        trained = result.candidates[:-1]
        for candidate in trained:
            assert candidate.failure is None
            assert None not in (candidate.reward, candidate.report, candidate.user)
        assert trained[-1].rows == result.num_reward == 2


def test_nothing_of_a_copy_passes_the_filters(measured: list[reward.PassageResult]) -> None:
    for result in measured:
        filtered = result.candidates[-1]
        assert filtered.rows == 0
        assert filtered.failure == "self-edit: no rows were left after the filters"
        assert filtered.reward is filtered.report is filtered.user is None
        assert result.case.num_copy_rows_left == 0


def test_a_copy_is_the_reward_half_alone() -> None:
    quiz = HeldOutQuiz((Question("Who keeps the lamp?", ("Ines", "she")),), (Question("How many steps?", ("143",)),))
    copy, filtered = reward.controls(Passage("lamp.md", "Lamp", "A lamp."), quiz)
    assert [(row.prompt, row.target) for row in copy.rows] == [("Who keeps the lamp?", "Ines")]
    assert filtered.rows == ()
    assert [d.reason for d in filtered.dropped] == ["repeats a quiz question"]


def test_gaps_are_parted_and_a_copy_of_them_passes_no_filter() -> None:
    passage = _small_set().passages[0]
    quiz = reward.gaps(passage)
    assert 0 <= len(quiz.reward) - len(quiz.report) <= 1
    assert quiz.report
    assert not {q.text for q in quiz.reward} & {q.text for q in quiz.report}
    assert all("___" in q.text for q in quiz.all)
    copy, filtered = reward.controls(passage, quiz)
    assert [row.prompt for row in copy.rows] == [q.text for q in quiz.reward]
    assert filtered.rows == ()


def test_with_cloze_the_reward_is_taken_on_gaps() -> None:
    engine, form = small.engine()
    documents = _small_set()
    measured = reward.measure(
        engine, form, documents, writer=Editor(), scorer=_scorer, settings=SETTINGS, seed=SEED, cloze=True
    )
    for passage, result in zip(documents.passages, measured, strict=True):
        quiz = reward.gaps(passage)
        assert (result.num_reward, result.num_report) == (len(quiz.reward), len(quiz.report))
        assert result.candidates[-2].rows == len(quiz.reward)


def test_a_copy_gains_most_where_it_copied(measured: list[reward.PassageResult]) -> None:
    for result in measured:
        copy = result.candidates[2]
        assert copy.reward is not None
        assert all(copy.reward > c.reward for c in result.candidates[:2] if c.reward is not None)


def test_rewards_are_those_of_the_studys_race(measured: list[reward.PassageResult]) -> None:
    engine, form = small.engine()
    passage = _small_set().passages[0]
    quiz = draw_quiz(passage, _scorer, SETTINGS.quiz, SEED)
    edits = write_candidates(passage, SETTINGS.candidates, Editor(), _scorer, quiz.all)
    raced = race(
        engine, form, {passage.identity: edits}, {passage.identity: quiz.reward}, trial_recipe(engine, SETTINGS),
        budgets=SETTINGS.budgets, seed=SEED,
    )[passage.identity][0]  # fmt: skip
    (ours,) = (c for c in measured[0].candidates if c.name == f"{raced.edit.format}/2")
    assert len(raced.outcomes) == len(SETTINGS.budgets)
    assert ours.reward == pytest.approx(raced.value, abs=1e-3)


def test_gains_are_cut_at_the_quizzes_borders(measured: list[reward.PassageResult]) -> None:
    """Report and user values equal those of a trial on that quiz alone."""
    engine, form = small.engine()
    documents = _small_set()
    passage = documents.passages[0]
    quiz = draw_quiz(passage, _scorer, SETTINGS.quiz, SEED)
    copy = reward.controls(passage, quiz)[0]
    user = tuple(q for q in documents.user if q.document == passage.document)
    seed = reward.derive_seed(SEED, 1, passage.identity, 0, "trial")
    for part, value in ((quiz.report, measured[0].candidates[2].report), (user, measured[0].candidates[2].user)):
        base = tuple(answer_likelihoods(engine, form, [(q, ()) for q in part]))
        (alone,) = run_cohort(engine, form, [Entry(copy, part, base, seed)], trial_recipe(engine, SETTINGS), 16)
        assert value == pytest.approx(alone.value, abs=1e-3)


def test_the_json_holds_what_is_documented(measured: list[reward.PassageResult]) -> None:
    documents = replace(_small_set(), num_left_out=2)
    whole = json.loads(json.dumps(reward.summarise([(documents, measured)]), allow_nan=False))
    assert set(whole) == {"num_user_left_out", "passages", "sets", "pooled"}
    assert whole["num_user_left_out"] == 2
    names = {f.name for f in fields(Agreement)}
    assert set(whole["pooled"]) == names
    assert [set(part) for part in whole["sets"]] == [names | {"set"}]
    assert whole["pooled"]["num_cases"] == len(whole["passages"]) == 3
    assert whole["pooled"]["copy_tops_reward"]["count"] == 3
    assert set(whole["passages"][0]) == set(
        "set seed document part parts title num_reward num_report num_user candidates".split()
    )
    assert set(whole["passages"][0]["candidates"][0]) == set(
        "name rows reward report user trained_tokens failure".split()
    )
    for key in (*whole["passages"][0], *whole["passages"][0]["candidates"][0]):
        assert key in (reward.__doc__ or "")


def test_tables_say_which_passages_share_their_questions(measured: list[reward.PassageResult]) -> None:
    assert "passage 1 of 2" in reward.table(measured[0])
    assert "those of all 2 passages" in reward.table(measured[0])
    assert "those of all" not in reward.table(measured[2])
    text = reward.summary("pooled", reward.agreement([r.case for r in measured]))
    assert text.startswith("pooled: 3 cases\n")
    assert "copy has the highest reward: 3 of 3 [" in text


def test_questions_that_name_no_document_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lamp.md").write_text("# Lamp\n\nInes keeps the lamp.\n")
    ask = '{"question": "Who keeps the lamp?", "answers": ["Ines"], "document": "%s"}\n'
    (tmp_path / "quiz.jsonl").write_text(ask % "lamp.md" + ask % "other.md")
    found = reward.read_set(tmp_path)
    assert len(found.user) == found.num_left_out == 1
    (tmp_path / "quiz.jsonl").write_text(ask % "other.md")
    with pytest.raises(ValueError, match=r'no question of .* has a "document" that is a file in docs'):
        reward.read_set(tmp_path)
