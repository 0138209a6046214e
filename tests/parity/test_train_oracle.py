"""K jobs together = each alone = PEFT; a neighbour's NaN changes no bit."""

from __future__ import annotations

import copy
import math
import random

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from selfstudy.domain.recipe import ALL_LINEAR, QV, UpdateRecipe
from selfstudy.domain.token_row import TokenRow, TokenTargets
from selfstudy.engine import shapes
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.attention import SHORT
from selfstudy.engine.bank import Bank
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.engine import Engine
from selfstudy.engine.projections import select
from tests.parity.peft_oracle import train_alone

SHAPE = {
    "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "tie_word_embeddings": False,
}  # fmt: skip


class WideNorm(torch.nn.Module):
    """RMSNorm in the input's own precision: transformers' norms compute in fp32 even in a float64 model."""

    def __init__(self, norm: torch.nn.Module) -> None:
        super().__init__()
        self.weight, self.variance_epsilon = norm.weight, norm.variance_epsilon

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.weight * (hidden * torch.rsqrt(hidden.square().mean(-1, keepdim=True) + self.variance_epsilon))


def tiny(architecture: str, dtype: torch.dtype) -> torch.nn.Module:
    torch.manual_seed(7)
    kinds = {"llama": (LlamaForCausalLM, LlamaConfig), "qwen2": (Qwen2ForCausalLM, Qwen2Config)}
    model_type, config_type = kinds[architecture]
    model = model_type(config_type(**SHAPE)).to(dtype).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
    for name, module in list(model.named_modules()):
        if name.endswith("norm"):
            parent, _, leaf = name.rpartition(".")
            setattr(model.get_submodule(parent), leaf, WideNorm(module))
    return model


def rows(seed: int, count: int, *, shared: bool, kl_every: int = 0) -> tuple[TokenRow, ...]:
    rng = random.Random(seed)
    made = []
    for n in range(count):
        head = [3, 1, 4, 1, 5, 9, 2, 6] if shared else []
        ids = head + [rng.randrange(61) for _ in range(rng.randrange(4, 17))]
        first = len(head) + rng.randrange(1, 3)
        weights = [0.0] * first + [rng.choice([1.0, 0.5, 2.0]) for _ in ids[first:]]
        if kl_every and n % kl_every == 0:
            targets = []
            for position in range(first, len(ids)):
                chosen = rng.sample(range(61), 5)
                mass = [rng.random() for _ in chosen]
                targets.append(
                    TokenTargets(position, tuple(chosen), tuple(math.log(0.9 * m / sum(mass)) for m in mass))
                )
            made.append(TokenRow(tuple(ids), tuple(weights), "kl", tuple(targets)))
        else:
            made.append(TokenRow(tuple(ids), tuple(weights)))
    return tuple(made)


def initial(engine: Engine, job: TrainJob) -> Adapter:
    """What the engine starts the job from."""
    if job.start is not None:
        return job.start
    chosen = select(engine.projections, job.recipe)
    bank = Bank(1, job.recipe.rank, chosen, torch.device("cpu"), torch.float64, torch.float64)
    paths = {p.path for p in chosen}
    bank.fill(0, job.recipe, paths, job.seed, None)
    return bank.take(0, job.recipe, paths, engine.identity)


def mixed_jobs(engine: Engine) -> list[TrainJob]:
    """Different ranks, rates, lengths, epochs, targets, layers, decay, clipping, losses, averages; one on a frozen
    adapter."""
    first = TrainJob(rows(0, 5, shared=True), UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2), 11)
    frozen = engine.train([first])[0].adapter
    assert frozen is not None
    return [
        TrainJob(
            rows(1, 7, shared=True), UpdateRecipe(rank=8, alpha=16, targets=ALL_LINEAR, epochs=2, averaged=0.5), 1
        ),
        TrainJob(
            rows(2, 4, shared=True), UpdateRecipe(rank=2, alpha=2, learning_rate=5e-3, epochs=3, rows_per_step=3), 2
        ),
        TrainJob(
            rows(3, 9, shared=False, kl_every=2),
            UpdateRecipe(
                rank=6, alpha=12, targets=ALL_LINEAR, layers=(1, 3), epochs=1, rows_per_step=4, clip_norm=0.05
            ),
            3,
        ),
        TrainJob(
            rows(4, 3, shared=True, kl_every=1),
            UpdateRecipe(rank=3, alpha=6, epochs=4, weight_decay=0.1, averaged=0.75),
            4,
        ),
        TrainJob(rows(5, 5, shared=True), UpdateRecipe(rank=4, alpha=4, targets=QV, epochs=2), 5, frozen=(frozen,)),
        TrainJob(rows(6, 5, shared=False), UpdateRecipe(rank=4, alpha=8, epochs=1, rows_per_step=2), 6, start=frozen),
    ]  # fmt: skip


@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
@pytest.mark.parametrize(
    ("dtype", "loss_tolerance", "norm_tolerance"), [(torch.float64, 1e-9, 1e-9), (torch.float32, 1e-5, 1e-5)]
)
def test_together_equals_alone_equals_peft(
    architecture: str, dtype: torch.dtype, loss_tolerance: float, norm_tolerance: float, lanes: int
) -> None:
    _agrees_with_peft(architecture, dtype, loss_tolerance, norm_tolerance, lanes)


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_passes_padded_for_few_shapes_change_nothing(
    architecture: str, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "writes_code", lambda linear: True)
    _agrees_with_peft(architecture, torch.float64, 1e-9, 1e-9, lanes)


def test_padded_passes_of_long_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = tuple(random.Random(1).choices(range(61), k=SHORT + 21))
    recipe = UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2, targets=ALL_LINEAR)
    job = TrainJob((TokenRow(ids, (0.0,) + (1.0,) * (len(ids) - 1)), *rows(1, 2, shared=False)), recipe, 3)
    engine = Engine(tiny("llama", torch.float64), "tiny")
    (plain,) = engine.train([job])
    monkeypatch.setattr(shapes, "writes_code", lambda linear: True)
    (padded,) = engine.train([job])
    assert padded.losses == pytest.approx(plain.losses, rel=1e-9)


def _agrees_with_peft(
    architecture: str, dtype: torch.dtype, loss_tolerance: float, norm_tolerance: float, lanes: int
) -> None:
    model = tiny(architecture, dtype)
    engine = Engine(copy.deepcopy(model), "tiny", slots=3, tokens_in_flight=40, lanes=lanes)
    assert len(engine.backbone.norms) == 7  # so that these, too, are held against the oracle's
    jobs = mixed_jobs(engine)
    together = engine.train(jobs)
    for job, result in zip(jobs, together, strict=True):
        losses, weights = train_alone(model, initial(engine, job), job)
        assert result.failure is None
        assert result.losses == pytest.approx(losses, rel=loss_tolerance, abs=1e-12)
        assert result.adapter is not None
        assert set(result.adapter.weights) == set(weights)
        for part in (0, 1):
            ours = torch.cat([result.adapter.weights[path][part].flatten() for path in weights])
            theirs = torch.cat([weights[path][part].flatten() for path in weights])
            assert (ours - theirs).norm() <= norm_tolerance * theirs.norm()
        (alone,) = engine.train([job])
        assert alone.losses == pytest.approx(list(result.losses), rel=loss_tolerance, abs=1e-12)


def test_cut_short_run_is_the_beginning_of_the_whole_run() -> None:
    engine = Engine(tiny("llama", torch.float64), "tiny")
    job = TrainJob(rows(1, 6, shared=True), UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2), 3)
    short = TrainJob(job.rows, UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2, max_steps=4), 3)
    whole, part = engine.train([job, short])
    assert len(part.losses) == 4
    assert part.losses == pytest.approx(whole.losses[:4], rel=1e-12)


def test_a_nan_neighbour_changes_no_bit_and_ends_with_its_outcome() -> None:
    engine = Engine(tiny("llama", torch.float32), "tiny", slots=3)
    recipe = UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2, targets=ALL_LINEAR)
    good = [TrainJob(rows(s, 6, shared=True), recipe, s) for s in (1, 2)]
    poison = Adapter(
        "tiny", 4, 8.0,
        {
            p.path: (torch.full((4, p.inputs), float("nan")), torch.zeros(p.outputs, 4))
            for p in select(engine.projections, recipe)
        },
    )  # fmt: skip
    bad = TrainJob(rows(3, 6, shared=True), recipe, 3, start=poison)
    fine = TrainJob(rows(3, 6, shared=True), recipe, 3)
    one_step = UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2, targets=ALL_LINEAR, max_steps=1)
    for recipe_used in (one_step, recipe):
        jobs = [TrainJob(j.rows, recipe_used, j.seed) for j in good]
        with_bad = engine.train([jobs[0], TrainJob(bad.rows, recipe_used, 3, start=poison), jobs[1]])
        with_fine = engine.train([jobs[0], TrainJob(fine.rows, recipe_used, 3), jobs[1]])
        assert with_bad[1].adapter is None
        assert with_bad[1].failure == "loss or gradient not finite at step 1"
        for ours, theirs in ((with_bad[0], with_fine[0]), (with_bad[2], with_fine[2])):
            assert ours.adapter is not None
            assert theirs.adapter is not None
            for path in ours.adapter.weights:
                for x, y in zip(ours.adapter.weights[path], theirs.adapter.weights[path], strict=True):
                    assert torch.equal(x, y)


def test_a_mean_holds_nothing_of_a_job_that_failed_in_its_slot() -> None:
    engine = Engine(tiny("llama", torch.float32), "tiny", slots=1)
    recipe = UpdateRecipe(rank=4, alpha=8, epochs=2, rows_per_step=2, averaged=0.75)
    longer = UpdateRecipe(rank=4, alpha=8, epochs=4, rows_per_step=2, averaged=0.99, learning_rate=3e38)
    fine = TrainJob(rows(1, 6, shared=True), recipe, 1)
    failed, after = engine.train([TrainJob(rows(3, 6, shared=True), longer, 3), fine])
    assert failed.failure == "loss or gradient not finite at step 2"
    (alone,) = engine.train([fine])
    assert after.adapter is not None
    assert alone.adapter is not None
    for path in alone.adapter.weights:
        for x, y in zip(after.adapter.weights[path], alone.adapter.weights[path], strict=True):
            torch.testing.assert_close(x, y)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (TrainJob((), UpdateRecipe(), 0), "train: job 0 has no rows"),
        (TrainJob((TokenRow((1, 2), (0.0, 0.0)),), UpdateRecipe(), 0), "train: job 0, row 0 has no trained token"),
        (
            TrainJob((TokenRow((1, 2), (0.0, 1.0), "kl"),), UpdateRecipe(), 0),
            "train: job 0, row 0 has loss 'kl' but no teacher targets",
        ),
        (
            TrainJob((TokenRow((1, 2), (0.0, 1.0)),), UpdateRecipe(targets=("c_attn",)), 0),
            "train: job 0: recipe: target 'c_attn' is not a linear projection of this model; it has "
            "['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj']",
        ),
        (
            TrainJob((TokenRow((1, 2), (0.0, 1.0)),), UpdateRecipe(layers=(5, 7)), 0),
            "train: job 0: recipe: layers (5, 7) hold no projection; the model has layers 0 to 2",
        ),
    ],
)
def test_bad_jobs_are_named(job: TrainJob, message: str) -> None:
    engine = Engine(tiny("llama", torch.float32), "tiny")
    with pytest.raises(ValueError) as caught:
        engine.train([job])
    assert str(caught.value) == message
