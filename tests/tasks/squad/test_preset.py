"""Presets: the shipped ones hold, and everything wrong in one is named with key and line before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfstudy.tasks.squad.preset import misfits_with_data, needed_for_training, read_preset

RECIPES = Path(__file__).parent.parent.parent.parent / "recipes"


@pytest.mark.parametrize("name", ["smoke", "small", "full"])
def test_shipped_presets_are_whole(name: str) -> None:
    preset = read_preset(RECIPES / f"{name}.toml", {})
    assert preset.paper in ("v1", "v2")
    assert preset.loop is not None
    assert preset.loop.rounds == 2


def test_the_full_one_is_the_papers_size() -> None:
    preset = read_preset(RECIPES / "full.toml", {})
    assert (preset.passages, preset.seeds, preset.loop_settings().samples, preset.loop_settings().seeds) == (
        200,
        3,
        5,
        3,
    )
    recipe = preset.recipes["default"].recipe()
    assert (recipe.rank, recipe.alpha, recipe.learning_rate, recipe.epochs, recipe.rows_per_step) == (
        32,
        64,
        1e-3,
        10,
        1,
    )
    assert recipe.targets == ("q_proj", "v_proj")
    editor = preset.editor.recipe()
    assert (editor.rank, editor.alpha, editor.learning_rate, editor.epochs, editor.rows_per_step) == (
        64,
        128,
        3e-4,
        2,
        10,
    )
    assert needed_for_training(preset) == 100


def test_flags_go_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('paper = "v1"\nmodel = "a"\n')
    assert read_preset(file, {"model": "b", "seed": None}).model == "b"


def test_all_mistakes_are_named_with_key_and_line(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        'paper = "v1"\nforms = ["implications", "poem"]\nsedes = 2\n\n[loop]\nreward = "luck"\nsamples = 0\n'
        "\n[recipes.default]\nrnk = 3\n"
    )
    with pytest.raises(ValueError) as caught:
        read_preset(file, {"seed": "x"})
    found = str(caught.value).splitlines()
    assert len(found) == 6
    for line, start in (
        (2, "forms.1 'poem': value error, there is no form of this name; there are implications"),
        (3, "sedes: there is no such setting; there are answer_tokens, bandit"),
        (6, "loop.reward 'luck': value error, there is no reward of this name; there are key_accuracy"),
        (7, "loop.samples 0: input should be greater than or equal to 1"),
        (10, "recipes.default.rnk: there is no such setting; there are alpha, epochs, learning_rate, rank"),
    ):
        assert any(each.startswith(f"{file}:{line}: {start}") for each in found), (line, found)
    assert any(each.startswith("--seed: seed 'x': ") for each in found)


def test_names_inside_a_preset_must_fit_together(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('paper = "v1"\n[recipes.slow]\n[bandit]\nrecipes = ["quick"]\n[reward]\nrace_tokens = [9, 3]\n')
    with pytest.raises(ValueError) as caught:
        read_preset(file, {})
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        str(file) if line is None else f"{file}:{line}" for line in (None, 4, 6)
    ]


def test_what_the_data_lack_is_told_beforehand() -> None:
    preset = read_preset(RECIPES / "small.toml", {})
    found = misfits_with_data(preset, 7, 5, frozenset({"gpt41_implications"}), False)
    assert len(found) == 4
    assert "needs 8 passages to train on, the data have 7" in found[0]
    assert not misfits_with_data(preset, 8, 8, frozenset(), False)
    assert misfits_with_data(preset, 9, 0, frozenset(), True) == [
        "preset: it needs 10 passages to train on, the data have 9"
    ]
