"""The composition root: which editor goes with which weights, and what a taught editor is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from selfstudy.build import EDITORS, Editor, shipped_editor
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row, Segment
from selfstudy.engine.contract import ScoreRequest, TrainJob
from selfstudy.models.loaded import LoadedModel
from selfstudy.self_edits.contract import WriteRequest
from tests.inner_loop import small

REQUEST = WriteRequest("Q:", 4, "\n", examples="Some examples.\n\n", teachable=True, completion=" who")


def _editor(engine, form) -> Editor:  # type: ignore[no-untyped-def]
    row = Row((Segment("plain", "Q:", False), Segment("plain", " who", True)))
    recipe = UpdateRecipe(rank=4, alpha=16, targets=ALL_LINEAR, learning_rate=2e-2, epochs=30)
    (result,) = engine.train([TrainJob((form.encode(row),), recipe, 0)])
    return Editor(engine, form, 0, result.adapter)


def test_a_taught_editor_writes_what_it_was_taught_and_sees_no_examples() -> None:
    engine, form = small.engine()
    taught = _editor(engine, form)
    assert taught([REQUEST]) == [" who"]
    assert taught([replace(REQUEST, examples="Others.\n\n")]) == [" who"]
    assert taught([replace(REQUEST, teachable=False)]) == replace(taught, taught=None)([REQUEST])


def test_likelihoods_are_sums_under_the_same_prompts_in_the_order_asked() -> None:
    engine, form = small.engine()
    taught = _editor(engine, form)
    requests = [
        replace(REQUEST, sentence="a"),
        replace(REQUEST, sentence="b", prompt="Who:"),
        replace(REQUEST, sentence="a", teachable=False),
    ]
    expected = []
    for text, adapters in (("Q:", (taught.taught,)), ("Who:", (taught.taught,)), ("Some examples.\n\nQ:", ())):
        head = form.plain(text)
        (score,) = engine.score([ScoreRequest((*head, *form.encoder.text(" who")), len(head), adapters)])  # type: ignore[arg-type]
        expected.append(sum(score.logprobs))
    assert taught.likelihoods(requests) == pytest.approx(expected, abs=1e-4)


def test_an_editor_goes_with_the_weights_it_was_taught_on(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": f"base {name}"}))
    assert shipped_editor("base two", tmp_path) == tmp_path / "two"
    assert shipped_editor("base three", tmp_path) is None


def test_the_default_model_finds_its_editor_and_what_is_shipped_is_small(smollm2: LoadedModel) -> None:
    assert shipped_editor(smollm2.identity) == EDITORS / "smollm2-135m"
    sizes = [file.stat().st_size for file in EDITORS.glob("*/adapter_model.safetensors")]
    assert len(sizes) == 2
    assert max(sizes) < 16e6  # rank 16 at the 0.5B; the whole package stays far below one model
