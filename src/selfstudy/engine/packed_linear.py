"""The base's linear layers with their weights packed once, as the processor's kernels read them.

By our own kernel where there is one (`native_linear.py`), else by oneDNN, which packs a weight anew for each product if
it is not told to. For few tokens that takes as long as the product itself: with 16 rows of 576 numbers packed weights
are 1.3 to 1.7 times as quick, with 300 up to 1.15, and in float32 1.2 to 2.5 (LOG.md).
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from selfstudy.engine.native_linear import NativePacking

_ROWS = 256
"""The rows of a product for which a weight is laid out; others are multiplied by the same layout."""
_ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 1e-2}
"""Types that are packed, and by how much of its size a product may then differ."""


class Packing(Protocol):
    """A layout of packed weights, and the products with them."""

    def packed(self, weight_OI: Tensor) -> Tensor: ...

    def multiply(self, input: Tensor, packed: Tensor, bias: Tensor | None, add: Tensor | None) -> Tensor:
        """[..., I] → [..., O] + bias + add; `add` may be overwritten."""


class PackedLinear(nn.Linear):
    """A frozen `nn.Linear` that shares its parameters and holds one packed copy of the weight, for gradients of the
    input two."""

    def __init__(self, linear: nn.Linear, packing: Packing) -> None:
        with torch.device("meta"):
            super().__init__(linear.in_features, linear.out_features, linear.bias is not None)
        self.weight, self.bias = linear.weight, linear.bias
        self.packing = packing
        self._forward_packed = packing.packed(self.weight)
        self._backward_packed: Tensor | None = None

    def pack_backward(self) -> None:
        """Make the second copy, if it is not there yet. Before processes are forked, so that they share it."""
        if self._backward_packed is None:
            self._backward_packed = self.packing.packed(self.weight.T)

    @property
    def packed_bytes(self) -> int:
        copies = 1 if self._backward_packed is None else 2
        return copies * self.weight.numel() * self.weight.element_size()

    def repack(self) -> None:
        """After the weight was changed."""
        self._forward_packed = self.packing.packed(self.weight)
        if self._backward_packed is not None:
            self._backward_packed = self.packing.packed(self.weight.T)

    def forward(self, input: Tensor) -> Tensor:
        """[..., I] → [..., O]"""
        if torch.is_grad_enabled() and input.requires_grad:
            return _Frozen.apply(input, self)  # type: ignore[no-any-return, no-untyped-call]
        return self.product(input)

    def product(self, input: Tensor) -> Tensor:
        """x Wᵀ + bias, without autograd."""
        if not input.numel():
            return functional.linear(input, self.weight, self.bias)
        return self.packing.multiply(input.contiguous(), self._forward_packed, self.bias, None)

    def back(self, grad: Tensor, add: Tensor | None) -> Tensor:
        """`add` + g W, rounded once, without autograd; `add` may be overwritten."""
        self.pack_backward()
        assert self._backward_packed is not None
        return self.packing.multiply(grad.contiguous(), self._backward_packed, None, add)


class _Frozen(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, input: Tensor, module: PackedLinear) -> Tensor:
        ctx.module = module
        return module.product(input)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return ctx.module.back(grads[0], None), None


def product(module: nn.Linear, input_TI: Tensor) -> Tensor:
    """x Wᵀ + bias of a frozen layer, packed or not, without autograd."""
    if isinstance(module, PackedLinear):
        return module.product(input_TI)
    return functional.linear(input_TI, module.weight, module.bias)


def back(module: nn.Module, grad_TO: Tensor, add_TI: Tensor | None = None) -> Tensor:
    """`add_TI` + g W of a frozen layer, packed or not, without autograd; `add_TI` may be overwritten."""
    if isinstance(module, PackedLinear):
        return module.back(grad_TO, add_TI)
    weight_OI = module.get_parameter("weight")
    return grad_TO @ weight_OI if add_TI is None else add_TI.addmm_(grad_TO, weight_OI)


def pack_linears(model: nn.Module, most_bytes: int, native: NativePacking | None = None) -> None:
    """Put a `PackedLinear` in the place of each `nn.Linear`, where `native`, or else this torch on this processor,
    multiplies by packed weights as by plain ones and the copies, two a weight, take `most_bytes` at most."""
    found = [
        (parent, name, child)
        for parent in list(model.modules())
        for name, child in parent.named_children()
        if type(child) is nn.Linear
    ]
    num_bytes = sum(2 * child.weight.numel() * child.weight.element_size() for _, _, child in found)
    if not found or num_bytes > most_bytes:
        return
    dnn = OneDnn() if OneDnn().works(found[0][2].weight) else None
    for parent, name, child in found:
        packing = native if native is not None and native.fits(child.weight) else dnn
        if packing is not None:
            setattr(parent, name, PackedLinear(child, packing))


class OneDnn:
    """oneDNN's layout and products, which torch's operators for compiled models hand on."""

    def works(self, like: Tensor) -> bool:
        """Tried on random numbers: the operators are torch's own, but no part of what it promises."""
        near = _ROUNDING.get(like.dtype)
        if like.device.type != "cpu" or near is None or not torch.backends.mkldnn.is_available():
            return False
        generator = torch.Generator().manual_seed(0)
        input, weight, bias = (torch.randn(s, generator=generator).to(like.dtype) for s in ((3, 32), (16, 32), (16,)))
        add = torch.randn(3, 16, generator=generator).to(like.dtype)
        try:
            packed = self.packed(weight)
            found = self.multiply(input, packed, bias, None), self.multiply(input, packed, None, add)
        except (AttributeError, RuntimeError):
            return False
        wanted = functional.linear(input, weight, bias), functional.linear(input, weight) + add
        return all(torch.allclose(f, w, rtol=near, atol=near * 10) for f, w in zip(found, wanted, strict=True))

    def packed(self, weight_OI: Tensor) -> Tensor:
        weight_OI = weight_OI.detach().contiguous()
        return torch.ops.mkldnn._reorder_linear_weight(weight_OI, _ROWS)  # type: ignore[no-any-return]

    def multiply(self, input: Tensor, packed: Tensor, bias: Tensor | None, add: Tensor | None) -> Tensor:
        if add is None:
            return torch.ops.mkldnn._linear_pointwise(input, packed, bias, "none", [], "")  # type: ignore[no-any-return]
        return torch.ops.mkldnn._linear_pointwise.binary(input, add, packed, bias, "add")  # type: ignore[no-any-return]
