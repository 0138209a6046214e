"""Updates applied to a module's projections during a pass: whoever reads which input, each gets its own update."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from selfstudy.engine.adapted_linear import Trained
from selfstudy.engine.lora import applied
from selfstudy.engine.packing import pack
from selfstudy.engine.projections import find_projections, read_together
from selfstudy.engine.slot_products import Gradients


class Attention(nn.Module):
    """Named as if the three read the same input, which `inputs` decides: which of two tensors each one reads."""

    def __init__(self, inputs: tuple[int | None, int | None, int | None]) -> None:
        super().__init__()
        self.inputs = inputs
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(3, n, bias=False, dtype=torch.float64) for n in (4, 2, 2))

    def forward(self, *given: Tensor) -> Tensor:
        modules = (self.q_proj, self.k_proj, self.v_proj)
        return torch.cat(
            [module(given[n]) for module, n in zip(modules, self.inputs, strict=True) if n is not None], dim=1
        )


@pytest.mark.parametrize("inputs", [(0, 0, 0), (0, 1, 0), (0, 1, 1), (0, None, 0), (None, 1, None)])
def test_projections_by_the_names_of_those_that_share_an_input(
    inputs: tuple[int | None, int | None, int | None],
) -> None:
    torch.manual_seed(0)
    attention = Attention(inputs).requires_grad_(False)
    projections = find_projections(nn.ModuleDict({"layers": nn.ModuleList([attention])}))
    (group,) = read_together(projections)
    assert [p.target for p in group] == ["q_proj", "k_proj", "v_proj"]
    given = [torch.randn(5, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    a = torch.randn(1, 4, 3, dtype=torch.float64)  # of q and v, rank 2
    b = tuple(torch.randn(1, p.outputs, 2, dtype=torch.float64) for p in (group[0], group[2]))
    gradients = Gradients(torch.zeros_like(a), tuple(torch.zeros_like(each) for each in b))
    update = Trained((group[0].path, group[2].path), a.clone().requires_grad_(), b, gradients)
    layout, _ = pack([[5]], [[False]], 0, torch.device("cpu"))
    with applied(projections, [update], (0.5,), {}, layout.slots):
        out = attention(*given)
    upstream = torch.randn_like(out)
    (out * upstream).sum().backward()
    found = [x.grad for x in given]

    plain = [x.detach().clone().requires_grad_() for x in given]
    of_a, of_b = a[0].clone().requires_grad_(), [each[0].clone().requires_grad_() for each in b]
    expected = []
    for number, (module, which) in enumerate(zip((p.module for p in group), inputs, strict=True)):
        if which is None:
            continue
        x = plain[which]
        y = x @ module.weight.T
        if number != 1:
            own = slice(0, 2) if number == 0 else slice(2, 4)
            y = y + 0.5 * (x @ of_a[own].T) @ of_b[number // 2].T
        expected.append(y)
    torch.testing.assert_close(out, torch.cat(expected, 1))
    (torch.cat(expected, 1) * upstream).sum().backward()
    for x, grad in zip(plain, found, strict=True):
        torch.testing.assert_close(
            torch.zeros_like(x) if grad is None else grad, torch.zeros_like(x) if x.grad is None else x.grad
        )
    for into, leaf in zip((gradients.a_KnI[0], *(each[0] for each in gradients.b_KOr)), (of_a, *of_b), strict=True):
        torch.testing.assert_close(into, torch.zeros_like(into) if leaf.grad is None else leaf.grad)
    assert "forward" not in vars(attention.q_proj)
