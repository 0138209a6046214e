"""The inner loop's benchmark: what is counted, compared and said, on a tiny model and with a stand-in for the baseline.

No time is asserted: figures come from the benchmark itself.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import inner_loop, inner_loop_cases, inner_loop_report, inner_loop_trials, timing
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.engine.projections import find_projections
from selfstudy.models.tiny import TINY_VOCAB, tiny_model, tiny_tokenizer

CPU = torch.device("cpu")
TEXTS = [
    {"rows": ["Ines keeps the lamp.", "It has 143 steps."], "questions": ["Who keeps the lamp?"]},
    {"rows": ["The ferry leaves at nine."], "questions": ["When does it leave?", "What leaves?"]},
]
BASELINE = """
import json, sys
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
if "broken" in options["--model"]:
    raise SystemExit("no such model")
count = int(options["--adapters"])
print(json.dumps({"train_seconds": [3.0] * count, "quiz_seconds": [1.0] * count}))
"""


def _measured(
    train: float, quiz: float, *, adapters: int = 2, questions: int = 4, trained: int = 100
) -> inner_loop_cases.Measured:
    return inner_loop_cases.Measured(adapters, questions, train, quiz, trained + 10, trained, 20, 500.0)


def _trials() -> list[inner_loop_trials.Trial]:
    form = tiny_model(0).chat
    texts = [inner_loop_trials.TrialText(tuple(t["rows"]), tuple(t["questions"])) for t in TEXTS]
    return [inner_loop_trials.tokenised(text, form, TINY_VOCAB) for text in texts]


@pytest.mark.parametrize(
    ("shape", "targets", "gflop"),
    [
        # Body 6.525 and head 0.545 billion parameters, adapters 10.09 and 80.74 million: four a base parameter, six an
        # adapter's. Then 0.1062, 0.0283 billion, 1.84 and 9.77 million.
        ("qwen2.5-7b", "qv", 28.28 + 0.06),
        ("qwen2.5-7b", "all", 28.28 + 0.48),
        ("smollm2-135m", "qv", 0.538 + 0.011),
        ("smollm2-135m", "all", 0.538 + 0.059),
    ],
)
def test_arithmetic_of_a_token_of_known_models(shape: str, targets: str, gflop: float) -> None:
    model = timing.random_model(shape, torch.device("meta"), torch.bfloat16)
    head = model.get_output_embeddings().weight.numel()
    flop = timing.training_flop(find_projections(model), head, timing.TARGETS[targets], 32, 1, 1)
    assert flop / 1e9 == pytest.approx(gflop, rel=2e-3)
    without_loss = timing.training_flop(find_projections(model), head, timing.TARGETS[targets], 32, 1, 0)
    assert flop - without_loss == 4 * head


def test_ratios_are_of_one_round_each() -> None:
    found = {
        ("peft", "qv"): [_measured(8, 2), _measured(16, 4), _measured(40, 10)],
        ("ours_same", "qv"): [_measured(4, 1), _measured(4, 1), _measured(4, 1)],
        ("ours", "qv"): [_measured(3, 4, adapters=6, questions=16, trained=300)] * 3,
        ("decode", "all"): [
            inner_loop_cases.Decoded(2.0, 9.0, 5, 5, 1.0),
            inner_loop_cases.Decoded(2.0, 8.0, 5, 5, 1.0),
        ],
    }
    assert inner_loop_report.ratios_of(found, "ours_same") == {
        "ours_vs_reference": {"qv": None, "all": None},
        "ours_vs_peft": {"qv": (4.0, 2.0, 10.0), "all": None},
        "decode_vs_generate": {"qv": None, "all": (4.25, 4.0, 4.5)},
    }
    # Of 3 seconds of training 300 tokens and 4 for 16 questions, 1 and 1 fall to 100 tokens and 4 questions.
    assert inner_loop_report.ratios_of(found)["ours_vs_peft"]["qv"] == (10.0, 5.0, 25.0)


def test_a_row_holds_medians_of_what_was_measured_in_its_rounds() -> None:
    found = [_measured(10, 2), _measured(20, 4), _measured(40, 6)]
    row = inner_loop_report.row_of("peft", "qv", found, rates=[1e9, 1e9, 2e9], flop=4_000_000_000)
    assert (row["seconds_per_trial"], row["min"], row["max"]) == (12.0, 6.0, 23.0)
    assert row["train_tokens_per_s"] == 5.0
    assert row["share_of_peak"] == pytest.approx(0.2)  # of 0.4, 0.2 and 0.05
    assert row["decoded_tokens_per_s"] is None
    assert set(row) == set(inner_loop_report.COLUMNS)
    for key in ("case", "targets", "seconds_per_trial", "train_tokens_per_s", "share_of_peak"):
        assert key in timing.table([row], inner_loop_report.COLUMNS)


def test_generated_rows_are_as_long_as_the_shared_ones() -> None:
    trials = inner_loop_trials.generated_trials(400, seed=0)
    assert trials == inner_loop_trials.generated_trials(400, seed=0) != inner_loop_trials.generated_trials(400, seed=1)

    def check(values: list[int], deciles: tuple[int, ...], mean: float) -> None:
        assert deciles[0] <= min(values) <= max(values) <= deciles[-1]
        found = statistics.quantiles(values, n=10)
        assert found[1::2] == pytest.approx(deciles[2:-1:2], rel=0.12)
        assert statistics.mean(values) == pytest.approx(mean, rel=0.08)

    # Means of the shared rows, which the deciles do not hold.
    check([len(row) for t in trials for row in t.rows[:-1]], inner_loop_trials.NOTE_DECILES, 137.1)
    check([len(t.rows[-1]) for t in trials], inner_loop_trials.PASSAGE_DECILES, 802.8)
    check([len(q) for t in trials for q in t.questions], inner_loop_trials.QUESTION_DECILES, 149.2)
    check([len(t.rows) for t in trials], inner_loop_trials.ROWS_DECILES, 286 / 32)
    check([len(t.questions) for t in trials], inner_loop_trials.QUESTIONS_DECILES, 147 / 32)


def test_rows_have_the_baselines_tokens_and_loss() -> None:
    """The baseline gives transformers labels = ids; the first step of a fresh adapter must see that loss."""
    loaded, plain = tiny_model(0), tiny_model(0)
    text = "Ines keeps the lamp of Nordmole, 143 steps up."
    ids = tiny_tokenizer()(text, truncation=True, max_length=2048).input_ids
    row = inner_loop_trials.tokenised(inner_loop_trials.TrialText((text,), (text,)), loaded.chat, TINY_VOCAB)
    assert row.rows[0].ids == row.prompts[0] == tuple(ids)
    assert row.rows[0].trained == tuple(range(1, len(ids)))
    tensor = torch.tensor([ids])
    expected = float(plain.model(input_ids=tensor, labels=tensor).loss)
    recipe = UpdateRecipe(epochs=1)
    (result,) = Engine(loaded.model, loaded.identity).train([TrainJob(row.rows, recipe, 0)])
    assert result.losses[0] == pytest.approx(expected, rel=1e-5)


def test_rows_are_cut_where_the_baseline_cuts_them() -> None:
    row = timing.token_row(range(3000))
    assert row.ids == tuple(range(2048))
    assert row.weights == (0.0,) + (1.0,) * 2047


def test_without_a_tokenizer_a_text_is_as_many_random_tokens() -> None:
    trial = inner_loop_trials.tokenised(inner_loop_trials.TrialText(("x" * 450,), ("y" * 90,)), None, 50)
    assert (len(trial.rows[0].ids), len(trial.prompts[0])) == (100, 20)
    assert max(trial.rows[0].ids) < 50
    assert trial == inner_loop_trials.tokenised(inner_loop_trials.TrialText(("x" * 450,), ("y" * 90,)), None, 50)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"rows": []}',
            'rows: {file} holds no list of adapters; write [{{"rows": [...], "questions": [...]}}, ...]',
        ),
        ("[]", 'rows: {file} holds no list of adapters; write [{{"rows": [...], "questions": [...]}}, ...]'),
        (
            '[{"rows": ["a"], "questions": ["b"]}, {"rows": ["a"]}]',
            'rows: {file}: adapter 1 has no "questions"; give a list of texts, none empty',
        ),
        (
            '[{"rows": ["a", ""], "questions": ["b"]}]',
            'rows: {file}: adapter 0 has no "rows"; give a list of texts, none empty',
        ),
        ("[3]", 'rows: {file}: adapter 0 has no "rows"; give a list of texts, none empty'),
        (
            "[{",
            "rows: {file} cannot be read as JSON (Expecting property name enclosed in double quotes: line 1 column 3 "
            "(char 2)); name another file with --rows",
        ),
    ],
)
def test_a_malformed_rows_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "rows.json"
    file.write_text(content)
    with pytest.raises(ValueError) as error:
        inner_loop_trials.read_trials(file)
    assert str(error.value) == message.format(file=file)


def test_ours_trains_and_answers_everything() -> None:
    loaded = tiny_model(0)
    trials = _trials()
    measured = inner_loop_cases.measure_ours(Engine(loaded.model, loaded.identity), trials, timing.TARGETS["all"])
    lengths = [len(row.ids) for trial in trials for row in trial.rows]
    assert measured.adapters == 2
    assert measured.tokens == 10 * sum(lengths)
    assert measured.trained_tokens == 10 * (sum(lengths) - len(lengths))
    assert measured.steps == 30
    assert measured.decoded_tokens is not None
    assert 3 <= measured.decoded_tokens <= 3 * 16
    assert measured.peak_memory_mb > 0


def test_the_baseline_counts_the_same_tokens_and_its_padding(tmp_path: Path) -> None:
    script = tmp_path / "peft_inner_loop.py"
    script.write_text(BASELINE)
    trials = _trials()
    asked = ["--model", "m", "--adapters", "2"]
    measured = inner_loop_cases.measure_baseline(script, asked, trials, padded=True)
    tokens = sum(len(row.ids) for trial in trials for row in trial.rows)
    assert (measured.train_seconds, measured.quiz_seconds, measured.seconds_per_trial) == (6.0, 2.0, 4.0)
    assert (measured.tokens, measured.trained_tokens, measured.steps) == (10 * tokens, 10 * (tokens - 3), 30)
    assert measured.padding_share == pytest.approx(1 - tokens / (3 * 2048))
    assert inner_loop_cases.measure_baseline(script, asked, trials, padded=False).padding_share == 0.0
    with pytest.raises(RuntimeError) as error:
        inner_loop_cases.measure_baseline(script, ["--model", "broken"], trials, padded=False)
    assert str(error.value) == f"baseline: {script} ended with status 1 (no such model); run it by itself"


def test_decoding_gives_the_answers_of_generate(tmp_path: Path) -> None:
    loaded, plain = tiny_model(0), tiny_model(0)
    engine, trials = Engine(loaded.model, loaded.identity), _trials()
    results = engine.train(inner_loop_cases.jobs_of(trials, timing.TARGETS["qv"], max_steps=2))
    adapters, folders = [r.adapter for r in results if r.adapter], [tmp_path / "0", tmp_path / "1"]
    for adapter, folder in zip(adapters, folders, strict=True):
        adapter.save(folder)
    first, *_ = engine.generate(inner_loop_cases.quiz_of(adapters, trials, ()))
    for model in (loaded.model, plain.model):  # one answer at least ends before its sixteenth token
        model.generation_config.eos_token_id = first.ids[3]
    decoded = inner_loop_cases.measure_decoding(engine, plain.model, adapters, folders, trials)
    assert decoded.same_answers == 1.0
    assert 4 <= decoded.ours_tokens == decoded.generate_tokens <= 2 * 16 + 4


def test_the_whole_run_on_a_random_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(timing.SHAPES, "tiny", ((32, 64, 2, 4, 2, 259), "qwen2", True))
    rows, out = tmp_path / "rows.json", tmp_path / "out.json"
    rows.write_text(json.dumps(TEXTS))
    options = ["--random-shape", "tiny", "--model", str(tmp_path / "none"), "--device", "cpu", "--rounds", "2"]
    options += ["--rows", str(rows), "--adapters", "3", "--json", str(out), "--dtype", "fp32"]
    monkeypatch.setattr(sys, "argv", ["inner_loop.py", *options])
    inner_loop.main()
    said = capsys.readouterr()
    why = "--random-shape has no model that they could load"
    assert said.err.splitlines()[:3] == [f"{case} left out: {why}" for case in ("peft", "reference", "decode")]
    whole = json.loads(out.read_text())
    assert set(whole["hardware"]) == {"processor", "cores", "threads", "gpu", "torch", "kernels"}
    assert (whole["model"], whole["dtype"]) == ("tiny, random weights", "float32")
    assert [(r["case"], r["targets"], r["adapters"]) for r in whole["rows"]] == [("ours", "qv", 3), ("ours", "all", 3)]
    assert {r["case"] for r in whole["rows_beside"]} == {"ours_alone"}
    nothing = {"qv": None, "all": None}
    assert whole["ratios"] == whole["spread"] == dict.fromkeys(
        ("ours_vs_reference", "ours_vs_peft", "decode_vs_generate"), nothing
    )  # fmt: skip
    assert "rows: 2 adapters, rows.json, in random tokens, no tokenizer is at hand" in said.out
