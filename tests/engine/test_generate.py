"""Generation: a batch of different adapters = each alone = transformers' own generate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import GenerateRequest, ScoreRequest
from selfstudy.engine.engine import Engine
from selfstudy.models.precision import pick_dtype
from selfstudy.models.tiny import tiny_model
from tests.engine import nested, small

DTYPES = [torch.float32, torch.float64]


def _reference(
    dtype: torch.dtype, prompt: tuple[int, ...], new: int, adapters: Sequence[Adapter], stop: int
) -> list[int]:
    out = small.plain(dtype, *adapters).generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        max_new_tokens=new, do_sample=False, eos_token_id=stop, pad_token_id=0,
    )  # fmt: skip
    said: list[int] = out[0, len(prompt) :].tolist()
    return said


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shared", [0, 24])
@pytest.mark.parametrize(("rows_at_once", "lanes"), [(64, 1), (3, 1), (6, 2), (64, 3)])
def test_batched_is_alone_is_transformers(dtype: torch.dtype, shared: int, rows_at_once: int, lanes: int) -> None:
    engine = small.engine(dtype, rows_at_once=rows_at_once, lanes=lanes)
    one, two = small.adapter(engine, 1), small.adapter(engine, 2, rank=5, targets=("q_proj", "down_proj"))
    head = small.ids(99, shared)
    sets: list[tuple[Adapter, ...]] = [(), (one,), (two,), (one, two), (), (one,), (two,)]
    lengths = [5, 1, 9, 3, 14, 30, 7]
    news = [9, 6, 12, 7, 1, 5, 10]
    prompts = [head + small.ids(n, length) for n, length in enumerate(lengths)]
    requests = [GenerateRequest(p, n, (), a) for p, n, a in zip(prompts, news, sets, strict=True)]
    together = engine.generate(requests)
    for request, got in zip(requests, together, strict=True):
        (alone,) = engine.generate([request])
        assert got.ids == alone.ids
        assert got.logprob == pytest.approx(alone.logprob, rel=1e-4)
        assert list(got.ids) == _reference(dtype, request.ids, request.max_new_tokens, request.adapters, stop=-1)
        assert not got.stopped
    assert len({g.ids[:1] for g in together}) > 1


def test_likeliest_tokens_are_those_that_scoring_finds() -> None:
    engine = small.engine(torch.float64)
    one = small.adapter(engine, 1)
    prompts = [small.ids(n, 4 + n) for n in range(3)]
    (free,) = engine.generate([GenerateRequest(prompts[0], 6, (), (one,))])
    stop = free.ids[3]  # greedy decoding reaches it, so the first row has a place for it
    wanted = [0, 5, 3]
    requests = [
        GenerateRequest(p, 6, (stop,), (one,), top_k=k)
        for p, k in zip([prompts[0], *prompts], [7, *wanted], strict=True)
    ]
    stopped, *found = engine.generate(requests)
    assert stopped.stopped
    assert [len(g.top) for g in found] == [0, *(len(g.ids) + g.stopped for g in found[1:])]
    for prompt, got, k in zip(prompts, [stopped, *found[1:]], [7, *wanted[1:]], strict=True):
        whole = (*prompt, *got.ids, *((stop,) if got.stopped else ()))
        (score,) = engine.score([ScoreRequest(whole, len(prompt), (one,))], top_k=k)
        assert [ids for ids, _ in got.top] == [ids for ids, _ in score.top]
        for (_, logprobs), (_, expected) in zip(got.top, score.top, strict=True):
            assert logprobs == pytest.approx(expected, abs=1e-9)


@pytest.mark.skipif(
    pick_dtype("auto", torch.device("cpu")) != torch.bfloat16, reason="this processor computes no bfloat16"
)
@pytest.mark.parametrize("few", [1, 5])
def test_rounded_answers_do_not_depend_on_their_neighbours(few: int) -> None:
    # So wide that a product with one row alone is taken in another order, and so large that the rest does not hide it.
    loaded = tiny_model(3, hidden=768, heads=12, kv_heads=4, dtype=torch.bfloat16)
    for layer in loaded.model.model.layers:
        layer.mlp.down_proj.weight.data *= 100
    engine = Engine(loaded.model, loaded.identity)
    one, two = (small.adapter(engine, n, targets=("q_proj", "down_proj")) for n in (1, 2))
    head = small.ids(99, 24)
    prompts = [(head if n % 3 else ()) + small.ids(n, 2 + 3 * n) for n in range(10)]
    requests = [GenerateRequest(p, 16 + 2 * n, (), (one,)) for n, p in enumerate(prompts)]
    together = engine.generate(requests)
    parts = [g for n in range(0, len(requests), few) for g in engine.generate(requests[n : n + few])]
    beside = engine.generate([r for each in requests for r in (each, replace(each, adapters=(two,)))])[::2]
    assert parts == together
    assert beside == together
    scored = [ScoreRequest((*p, *g.ids), len(p), (one,)) for p, g in zip(prompts, together, strict=True)]
    assert [s for each in scored for s in engine.score([each])] == engine.score(scored)


@pytest.mark.parametrize("dtype", DTYPES)
def test_adapters_make_a_difference(dtype: torch.dtype) -> None:
    engine = small.engine(dtype)
    prompt = small.ids(1, 12)
    sets = [(), (small.adapter(engine, 1),), (small.adapter(engine, 2),)]
    said = {g.ids for g in engine.generate([GenerateRequest(prompt, 12, (), a) for a in sets])}
    assert len(said) == 3


def test_a_stop_id_ends_its_row_and_no_other() -> None:
    engine = small.engine()
    prompts = [small.ids(n, 6) for n in range(3)]
    free = engine.generate([GenerateRequest(p, 10) for p in prompts])
    stop = free[0].ids[4]
    first = free[0].ids.index(stop)
    requests = [GenerateRequest(prompts[0], 10, (stop,)), *(GenerateRequest(p, 10) for p in prompts[1:])]
    stopped, *others = engine.generate(requests)
    assert stopped.stopped
    assert stopped.ids == free[0].ids[:first]
    assert _reference(torch.float32, prompts[0], 10, (), stop) == [*stopped.ids, stop]
    for got, expected in zip(others, free[1:], strict=True):
        assert got.ids == expected.ids
        assert got.logprob == pytest.approx(expected.logprob, rel=1e-4)


def test_the_log_probability_counts_the_stop_id() -> None:
    engine = small.engine(torch.float64)
    prompt = small.ids(5, 8)
    (free,) = engine.generate([GenerateRequest(prompt, 3)])
    (got,) = engine.generate([GenerateRequest(prompt, 3, (free.ids[-1],))])
    ids = prompt + free.ids[: free.ids.index(free.ids[-1]) + 1]
    logprobs = small.plain(torch.float64)(torch.tensor([ids])).logits[0].log_softmax(1)
    expected = sum(float(logprobs[i - 1, ids[i]]) for i in range(len(prompt), len(ids)))
    assert got.logprob == pytest.approx(expected, rel=1e-9)


def test_allowed_tokens_bind_their_row_only() -> None:
    engine = small.engine()
    prompts = [small.ids(n, 6) for n in range(2)]
    seen: list[list[int]] = []

    def allowed(so_far: Sequence[int]) -> Sequence[int]:
        seen.append(list(so_far))
        return [40, 41] if len(so_far) % 2 == 0 else [50]

    plain = engine.generate([GenerateRequest(p, 6) for p in prompts])
    bound, free = engine.generate(
        [GenerateRequest(prompts[0], 6, allowed_tokens=allowed), GenerateRequest(prompts[1], 6)]
    )
    assert free.ids == plain[1].ids
    assert bound.ids[1::2] == (50, 50, 50)
    assert set(bound.ids[0::2]) <= {40, 41}
    assert seen == [list(bound.ids[:n]) for n in range(6)]
    (sampled,) = engine.generate([GenerateRequest(prompts[0], 6, temperature=1.0, allowed_tokens=allowed)])
    assert set(sampled.ids) <= {40, 41, 50}


def test_samples_depend_on_the_seed_and_not_on_companions() -> None:
    engine = small.engine()
    adapter = small.adapter(engine, 1)
    prompt = small.ids(1, 20)

    def asked(seed: int) -> GenerateRequest:
        return GenerateRequest(prompt, 12, temperature=1.0, top_p=0.95, seed=seed)

    (alone,) = engine.generate([asked(5)])
    companions = [GenerateRequest(small.ids(n, 3 + n), 20 - n, (), (adapter,), 0.7, 0.9, n) for n in range(5)]
    assert engine.generate([*companions, asked(5), asked(6)])[5].ids == alone.ids
    assert engine.generate([asked(6), asked(5)])[1].ids == alone.ids
    assert len({engine.generate([asked(seed)])[0].ids for seed in range(4)}) > 1


def test_samples_of_one_prompt_among_others_are_what_each_is_alone() -> None:
    engine = small.engine()
    adapter = small.adapter(engine, 1)
    prompts = [small.ids(n, 6 + 3 * n) for n in range(3)]
    requests = [
        GenerateRequest(prompt, 9, (), adapters, 1.0 if seed else 0.0, 0.95, seed)
        for prompt in prompts
        for adapters in ((), (adapter,))
        for seed in range(3)
    ]
    together = engine.generate(requests)
    assert [g.ids for g in together] == [engine.generate([r])[0].ids for r in requests]
    assert len({g.ids for g in together}) > 12


def test_samples_follow_the_distribution_of_the_nucleus() -> None:
    engine = small.engine()
    prompt = small.ids(2, 10)
    scaled = small.plain()(torch.tensor([prompt])).logits[0, -1] / 0.8
    probability, order = scaled.softmax(0).sort(descending=True)
    size = int((probability.cumsum(0) < 0.6).sum()) + 1
    kept = {int(i): float(p / probability[:size].sum()) for i, p in zip(order[:size], probability[:size], strict=True)}
    n = 2000
    said = [g.ids[0] for g in engine.generate([GenerateRequest(prompt, 1, (), (), 0.8, 0.6, s) for s in range(n)])]
    assert set(said) <= set(kept)
    for token, p in list(kept.items())[:5]:
        assert abs(said.count(token) / n - p) < 5 * (p * (1 - p) / n) ** 0.5


@pytest.mark.parametrize(("rows_at_once", "tokens_in_flight"), [(64, 2048), (64, 90), (4, 300), (1, 2048)])
def test_shared_prefixes_change_nothing(rows_at_once: int, tokens_in_flight: int) -> None:
    engine = small.engine(torch.float64, rows_at_once=rows_at_once, tokens_in_flight=tokens_in_flight)
    requests = [
        GenerateRequest(ids, 3 + n % 3, (), adapters, temperature, 0.9, seed=n)
        for n, (ids, adapters) in enumerate(nested.prompts(engine))
        for temperature in ((0.0, 1.0) if n % 4 == 0 else (0.0,))
    ]
    for request, got in zip(requests, engine.generate(requests), strict=True):
        (alone,) = engine.generate([request])
        assert got.ids == alone.ids
        assert got.logprob == pytest.approx(alone.logprob, rel=1e-9)


@pytest.mark.parametrize("rows_at_once", [64, 5, 1])
def test_what_prompts_have_in_common_runs_once(rows_at_once: int) -> None:
    engine = small.engine(rows_at_once=rows_at_once)
    prompts = nested.prompts(engine)
    with nested.counted(engine) as passes:
        engine.generate([GenerateRequest(ids, 1, (), adapters) for ids, adapters in prompts])
    least = nested.tokens_of_tree(prompts)
    assert least <= sum(passes) < least + 20  # stretches too short for a segment run again
    assert least < sum(len(ids) for ids, _ in prompts) / 2
    with nested.counted(engine) as passes:
        engine.generate([GenerateRequest(prompts[0][0], 1, temperature=1.0, seed=n) for n in range(rows_at_once)])
    assert sum(passes) == len(prompts[0][0])


@pytest.mark.parametrize("rows_at_once", [2, 7, 64])
def test_a_row_is_the_same_in_every_composition_of_a_batch(rows_at_once: int) -> None:
    engine = small.engine(torch.float64, rows_at_once=rows_at_once)
    adapter = small.adapter(engine, 1)
    requests = [GenerateRequest(small.ids(n, 4 + n % 9), 4 + n % 7, (), (adapter,)) for n in range(14)]
    others = [GenerateRequest(small.ids(n, 11), 3 + n, (), (small.adapter(engine, n),)) for n in range(3)]
    expected = [g.ids for g in engine.generate(requests)]
    assert [g.ids for g in engine.generate(requests[::-1])] == expected[::-1]
    assert [g.ids for g in engine.generate([*others, *requests])][3:] == expected
    assert [engine.generate([request])[0].ids for request in requests[:4]] == expected[:4]


def test_a_batch_holds_no_more_rows_than_may_be_at_work() -> None:
    engine = small.engine(rows_at_once=6)
    requests = [GenerateRequest(small.ids(n, 5), 4 + n % 5) for n in range(20)]
    with pytest.raises(MemoryError), nested.scarce(engine, MemoryError(), rows=0):
        engine.generate(requests[:1])
    with warnings.catch_warnings(), nested.scarce(engine, MemoryError(), rows=6):
        warnings.simplefilter("error")
        assert len(engine.generate(requests)) == 20


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory")])
def test_out_of_memory_is_said_and_changes_no_result(error: Exception) -> None:
    engine = small.engine(torch.float64)
    requests = [
        GenerateRequest(ids, 5, (), adapters, temperature=1.0, seed=n)
        for n, (ids, adapters) in enumerate(nested.prompts(engine)[:12])
    ]
    expected = engine.generate(requests)
    told: list[int] = []
    requests[0] = replace(requests[0], watch=lambda ids: told.append(len(ids)))
    with nested.scarce(engine, error, rows=4), pytest.warns(RuntimeWarning) as said:
        found = engine.generate(requests)
    assert [str(w.message) for w in said] == [
        "generate: out of memory with 12 rows at once; going on with 6",
        "generate: out of memory with 6 rows at once; going on with 3",
    ]
    assert [g.ids for g in found] == [g.ids for g in expected]
    assert [g.logprob for g in found] == pytest.approx([g.logprob for g in expected], rel=1e-9)
    assert told == [1, 2, 3, 4, 5]
    with nested.scarce(engine, error, rows=0), pytest.raises(type(error)):
        engine.generate(requests[:1])
    with nested.scarce(engine, RuntimeError("shapes differ"), rows=4), pytest.raises(RuntimeError, match="shapes"):
        engine.generate(requests)


def test_the_error_of_a_request_in_another_lane_is_raised_here() -> None:
    requests = [
        GenerateRequest(small.ids(n, 5), 3, allowed_tokens=(lambda _: []) if n == 3 else None) for n in range(4)
    ]
    with pytest.raises(ValueError, match=r"^generate: request 3: allowed_tokens allows nothing after \[\]$"):
        small.engine(lanes=2).generate(requests)


def test_whoever_watches_is_told_here() -> None:
    told: list[int] = []
    requests = [GenerateRequest(small.ids(n, 5), 4, watch=lambda ids: told.append(len(ids))) for n in range(4)]
    small.engine(lanes=2).generate(requests)
    assert sorted(told) == sorted([1, 2, 3, 4] * 4)


def test_no_requests_give_nothing() -> None:
    assert small.engine().generate([]) == []


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (GenerateRequest((), 3), "generate: request 1 has an empty prompt"),
        (GenerateRequest((1, 2), 0), "generate: request 1 has max_new_tokens 0; ask for at least 1"),
        (
            GenerateRequest((1, 2), 3, allowed_tokens=lambda so_far: ()),
            "generate: request 1: allowed_tokens allows nothing after []",
        ),
    ],
)
def test_bad_requests_are_named(request_: GenerateRequest, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        small.engine().generate([GenerateRequest((1, 2), 3), request_])
    assert str(caught.value) == message
