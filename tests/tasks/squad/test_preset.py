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


def test_the_last_rung_of_a_race_trains(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('paper = "v1"\n[recipes.default]\n[reward]\nrace_tokens = [0]\n[loop]\nrace_tokens = [0]\n')
    with pytest.raises(ValueError) as caught:
        read_preset(file, {})
    assert str(caught.value).splitlines() == [
        f"{file}:{line}: {table}.race_tokens: the last rung must train" for line, table in ((4, "reward"), (6, "loop"))
    ]


def test_a_race_has_a_rung(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('paper = "v1"\n[recipes.default]\n[reward]\nrace_tokens = []\n')
    with pytest.raises(ValueError, match=r"p\.toml:4: reward\.race_tokens \[\]: .* at least 1 item"):
        read_preset(file, {})


def test_steps_of_a_race_need_a_race(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('paper = "v1"\n[recipes.default]\n[loop]\nrace_rows_per_step = 2\ncost = 0.1\n')
    with pytest.raises(ValueError) as caught:
        read_preset(file, {})
    assert str(caught.value) == f"{file}:4: loop.race_rows_per_step: it needs race_tokens"


def test_longer_training_may_not_win_unnoticed(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    told = (
        'paper = "v1"\n[loop]\nform = "rewrite_directed"\n[bandit]\nforms = ["none", "self_qa_directed"]\n'
        "directives = [{ epochs = 2 }]\n[best_of]\nsamples = 2\n"
    )
    file.write_text(told)
    with pytest.raises(ValueError) as caught:
        read_preset(file, {})
    found = str(caught.value).splitlines()
    assert [line.split(" its epochs")[0] for line in found] == [
        f"{file}:2: loop.cost: in the form rewrite_directed a self-edit chooses",
        f"{file}:7: best_of.cost: in the form rewrite_directed a self-edit chooses",
        f"{file}:4: bandit.cost: in the form self_qa_directed a self-edit chooses",
        f"{file}:4: bandit.cost: an arm's directives choose",
    ]
    assert read_preset(file, {"train_tokens": 500}).train_tokens == 500
    priced = told.replace("[loop]\n", "[loop]\ncost = 0.1\n").replace("samples = 2", "samples = 2\ncost = 0.1")
    file.write_text(priced.replace("[bandit]\n", "[bandit]\ncost = 0.1\n"))
    arms = read_preset(file, {}).bandit_arms()
    assert [arm.name for arm in arms] == ["none (epochs: 2)", "self_qa_directed"]


def test_directives_out_of_bounds_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        'paper = "v1"\n[bandit]\ndirectives = [{ learning_rate = 0.5 }, { epochs = 0, rank = 4 }, { rule = "luck" }]\n'
    )
    with pytest.raises(ValueError) as caught:
        read_preset(file, {})
    found = str(caught.value).splitlines()
    assert len(found) == 4
    for start in (
        "bandit.directives.0.learning_rate 0.5: input should be less than or equal to 0.01",
        "bandit.directives.1.epochs 0: input should be greater than or equal to 1",
        "bandit.directives.1.rank: there is no such setting; there are epochs, learning_rate, rule",
        "bandit.directives.2.rule 'luck': input should be 'sft' or 'distil'",
    ):
        assert any(line.startswith(f"{file}:3: {start}") for line in found), (start, found)


def test_rows_that_are_distilled_must_be_there_and_not_be_so_already(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        'paper = "v1"\nforms = ["none"]\nnotes = ["big"]\nours = false\n'
        'distilled = ["none", "notes:big", "passage_only", "ours", "rewrite"]\n[recipes.default]\nrule = "distil"\n'
    )
    with pytest.raises(ValueError) as caught:
        read_preset(file, {})
    known = "there is no such row of fixed self-edits; there are passage_only, none, notes:big"
    assert str(caught.value).splitlines() == [
        f"{file}:5: distilled 'ours': {known}",
        f"{file}:5: distilled 'rewrite': {known}",
        f"{file}:5: distilled: recipes.default distils every row already",
    ]


def test_a_recipe_names_its_rule(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('paper = "v1"\n[recipes.default]\n[recipes.open]\nrule = "distil"\nepochs = 3\n')
    updates = {name: table.update() for name, table in read_preset(file, {}).recipes.items()}
    assert {name: (update.rule, update.recipe.epochs) for name, update in updates.items()} == {
        "default": ("sft", 10),
        "open": ("distil", 3),
    }


def test_what_the_data_lack_is_told_beforehand() -> None:
    preset = read_preset(RECIPES / "small.toml", {})
    found = misfits_with_data(preset, 7, 5, frozenset({"gpt41_implications"}), False)
    assert len(found) == 4
    assert "needs 8 passages to train on, the data have 7" in found[0]
    assert not misfits_with_data(preset, 8, 8, frozenset(), False)
    assert misfits_with_data(preset, 9, 0, frozenset(), True) == [
        "preset: it needs 50 passages to train on, the data have 9"
    ]
