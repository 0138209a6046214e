"""Directions that general text uses: found as eigh finds them, and never read by an adapter that must not."""

from __future__ import annotations

import pytest
import torch

from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.contract import TrainJob
from selfstudy.engine.subspace import Subspace, iterated, leading
from tests.engine import small

GENERAL = [small.ids(n, 12) for n in range(6)]


def _moment(size: int, fall: float) -> torch.Tensor:
    torch.manual_seed(0)
    basis = torch.linalg.qr(torch.randn(size, size, dtype=torch.float64)).Q
    return basis @ torch.diag(torch.exp(-fall * torch.arange(size, dtype=torch.float64))) @ basis.T


@pytest.mark.parametrize(("fall", "slack"), [(0.05, 1.15), (0.5, 1e12)])
def test_iterated_directions_are_about_those_of_eigh(fall: float, slack: float) -> None:
    moment = _moment(60, fall)
    found = iterated(moment, 24)
    assert torch.allclose(found.T @ found, torch.eye(24, dtype=torch.float64), atol=1e-10)
    left = float(moment.trace() - (found.T @ moment @ found).trace())
    best = float(torch.linalg.eigvalsh(moment)[: 60 - 24].sum())
    assert best - 1e-9 <= left <= max(slack * best, 1e-3 * float(moment.trace()))
    assert left <= 1e-3 * float(moment.trace()) or fall < 0.1


def test_leading_directions_of_a_narrow_input_are_exact() -> None:
    basis = torch.linalg.qr(torch.randn(60, 60, generator=torch.Generator().manual_seed(0), dtype=torch.float64)).Q
    found = leading(basis @ torch.diag(torch.arange(60, dtype=torch.float64)) @ basis.T, 24)
    assert torch.allclose(found @ found.T, basis[:, 36:] @ basis[:, 36:].T, atol=1e-10)


def test_lanes_find_the_directions_that_one_finds() -> None:
    alone, divided = (small.engine(torch.float64, lanes=n).subspace(GENERAL, 0.5).directions for n in (1, 2))
    assert divided.keys() == alone.keys()
    for path, columns in divided.items():
        assert torch.allclose(columns @ columns.T, alone[path] @ alone[path].T, atol=1e-8), path


@pytest.mark.parametrize(("dtype", "share_read"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
def test_a_trained_adapter_does_not_read_them(dtype: torch.dtype, share_read: float) -> None:
    engine = small.engine(dtype)
    protected = engine.subspace(GENERAL, 0.5)
    rows = tuple(
        TokenRow(ids, (0.0,) * 4 + (1.0,) * (len(ids) - 4), "cross_entropy")
        for ids in (small.ids(50, 9), small.ids(51, 14))
    )
    recipe = UpdateRecipe(rank=4, alpha=8.0, targets=ALL_LINEAR, learning_rate=0.02, rows_per_step=1, epochs=15)
    free, guarded = (
        r.adapter for r in engine.train([TrainJob(rows, recipe, 1), TrainJob(rows, recipe, 1, protected=protected)])
    )
    assert free is not None
    assert guarded is not None
    for path, columns in protected.directions.items():
        reads = [float((a @ columns.to(a)).norm() / a.norm()) for a, _ in (guarded.weights[path], free.weights[path])]
        assert reads[0] <= share_read, path
        assert reads[1] > 0.3, path


def test_guarded_beside_others_is_guarded_alone() -> None:
    engine = small.engine()
    protected = engine.subspace(GENERAL, 0.5)
    rows = (TokenRow(small.ids(50, 9), (0.0,) * 4 + (1.0,) * 5, "cross_entropy"),)
    recipe = UpdateRecipe(rank=4, alpha=8.0, targets=ALL_LINEAR, learning_rate=0.02, rows_per_step=1, epochs=5)
    guarded, free = TrainJob(rows, recipe, 1, protected=protected), TrainJob(rows, recipe, 2)
    together = engine.train([free, guarded, free])[1].adapter
    (alone,) = engine.train([guarded])
    assert together is not None
    assert alone.adapter is not None
    for path, (a, b) in together.weights.items():
        assert torch.allclose(a, alone.adapter.weights[path][0], atol=1e-5), path
        assert torch.allclose(b, alone.adapter.weights[path][1], atol=1e-5), path


@pytest.mark.parametrize("order", ["qqq", "qpq", "qq-", "-qp", "pqq", "---"])
def test_a_projections_rows_are_cleared_of_its_own_directions(order: str) -> None:
    generator = torch.Generator().manual_seed(0)
    bases = {name: torch.linalg.qr(torch.randn(6, 2, generator=generator)).Q for name in "qp"}
    protected = Subspace({str(n): bases[name] for n, name in enumerate(order) if name in bases})
    before, change = (torch.randn(3 * 2, 6, generator=generator) for _ in range(2))
    all_of_it, only_change = before.clone(), before + change
    protected.clear(["0", "1", "2"], all_of_it)
    protected.clear_change(["0", "1", "2"], only_change, before)
    for n, name in enumerate(order):
        own = slice(2 * n, 2 * n + 2)
        left = torch.eye(6) - bases[name] @ bases[name].T if name in bases else torch.eye(6)
        torch.testing.assert_close(all_of_it[own], before[own] @ left)
        torch.testing.assert_close(only_change[own], before[own] + change[own] @ left)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_nothing_or_all_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="needs rows and a share between 0 and 1, got 6 rows"):
        small.engine().subspace(GENERAL, share)
