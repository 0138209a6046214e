"""Scores are the log-softmax of a plain forward pass, whatever the batch."""

from __future__ import annotations

import pytest
import torch

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import Score, ScoreRequest
from tests.engine import nested, small


def _expected(dtype: torch.dtype, request: ScoreRequest) -> torch.Tensor:
    """Log-probabilities [scored positions, V]."""
    logits = small.plain(dtype, *request.adapters)(torch.tensor([request.ids])).logits[0]
    wide = logits if dtype == torch.float64 else logits.float()
    found: torch.Tensor = wide.log_softmax(1)[request.first - 1 : -1]
    return found


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 2e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("shared", [0, 10])
@pytest.mark.parametrize(("tokens_in_flight", "lanes"), [(2048, 1), (25, 1), (50, 2), (2048, 3)])
def test_scores_equal_a_plain_forward_pass(
    dtype: torch.dtype, tolerance: float, shared: int, tokens_in_flight: int, lanes: int
) -> None:
    engine = small.engine(dtype, tokens_in_flight=tokens_in_flight, lanes=lanes)
    one, two = small.adapter(engine, 1), small.adapter(engine, 2, rank=5, targets=("k_proj", "up_proj"))
    head = small.ids(9, shared)
    sets: list[tuple[Adapter, ...]] = [(), (one,), (two,), (one, two), (one,), ()]
    requests = [
        ScoreRequest(head + small.ids(n, 4 + 3 * n), shared + 1 + n % 3, adapters) for n, adapters in enumerate(sets)
    ]
    requests.append(ScoreRequest(head + small.ids(20, 25), 1, (two,)))  # scored from the start: it may share nothing
    scores = engine.score(requests, top_k=4)
    assert len(scores) == len(requests)
    for request, score in zip(requests, scores, strict=True):
        expected = _expected(dtype, request)
        labels = torch.tensor(request.ids[request.first :])
        assert score.logprobs == pytest.approx(expected.gather(1, labels[:, None])[:, 0].tolist(), abs=tolerance)
        top = expected.topk(4, dim=1)
        assert len(score.top) == len(request.ids) - request.first
        for (ids, logprobs), values, row in zip(score.top, top.values, expected, strict=True):
            assert logprobs == pytest.approx(values.tolist(), abs=tolerance)
            assert row[list(ids)].tolist() == pytest.approx(list(logprobs), abs=tolerance)


@pytest.mark.parametrize("tokens_in_flight", [2048, 300, 60])
def test_shared_prefixes_change_nothing_and_run_once(tokens_in_flight: int) -> None:
    engine = small.engine(torch.float64, tokens_in_flight=tokens_in_flight)
    prompts = nested.prompts(engine)
    requests = [
        ScoreRequest(ids + small.ids(n + k, 2 + k), len(ids), adapters)
        for n, (ids, adapters) in enumerate(prompts)
        for k in range(2)
    ]
    with nested.counted(engine) as passes:
        scores = engine.score(requests)
    for request, score in zip(requests, scores, strict=True):
        labels = torch.tensor(request.ids[request.first :])
        expected = _expected(torch.float64, request).gather(1, labels[:, None])[:, 0]
        assert score.logprobs == pytest.approx(expected.tolist(), rel=1e-9)
    # The last token of a prompt is where scoring begins, so it runs with each continuation.
    least = nested.tokens_of_tree(prompts) + sum(len(r.ids) - r.first for r in requests) + len(requests)
    assert sum(passes) < 1.15 * least
    longest = max(len(ids) for ids, _ in prompts)
    assert max(passes) <= max(tokens_in_flight, longest + 4)


def test_out_of_memory_is_said_and_changes_no_result() -> None:
    engine = small.engine(torch.float64)
    requests = [ScoreRequest((*ids, 5, 6), len(ids), adapters) for ids, adapters in nested.prompts(engine)]
    expected = engine.score(requests, top_k=2)
    error = torch.OutOfMemoryError("CUDA out of memory")
    with nested.scarce(engine, error, tokens=550), pytest.warns(RuntimeWarning) as said:
        found = engine.score(requests, top_k=2)
    assert [str(w.message) for w in said] == [
        "score: out of memory with 2048 tokens at once; going on with 1024",
        "score: out of memory with 1024 tokens at once; going on with 512",
    ]
    for got, known in zip(found, expected, strict=True):
        assert got.logprobs == pytest.approx(known.logprobs, rel=1e-9)
        assert [ids for ids, _ in got.top] == [ids for ids, _ in known.top]
    with nested.scarce(engine, error, tokens=1), pytest.raises(torch.OutOfMemoryError):
        engine.score(requests[:1])


def test_top_k_is_empty_unless_asked_for_and_at_most_the_vocabulary() -> None:
    engine = small.engine(torch.float64)
    request = ScoreRequest(small.ids(1, 6), 3)
    assert engine.score([request])[0].top == ()
    (score,) = engine.score([request], top_k=10_000)
    for ids, logprobs in score.top:
        assert sorted(ids) == list(range(259))
        assert torch.tensor(logprobs, dtype=torch.float64).exp().sum().item() == pytest.approx(1)


def test_mean_and_no_requests() -> None:
    assert Score((-1.0, -3.0)).mean == -2.0
    assert small.engine().score([]) == []


@pytest.mark.parametrize("first", [0, 3, 7])
def test_a_request_with_nothing_to_score_is_named(first: int) -> None:
    with pytest.raises(ValueError) as caught:
        small.engine().score([ScoreRequest((1, 2), 1), ScoreRequest((1, 2, 3), first)])
    assert str(caught.value) == f"score: request 1 has 3 ids and first = {first}"
