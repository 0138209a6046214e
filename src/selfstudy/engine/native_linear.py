"""Products with packed frozen weights by a kernel in C, on a processor.

A row comes to the same whatever is beside it, no shape of product needs code of its own, as oneDNN's do, and on Zen 4
products of a pass run at the rate of its registers, 1.05 to 1.2 times oneDNN's (LOG.md, 2026-11-30).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.models.precision import has_matrix_tiles

_WORTH = 1 << 17
"""Products of fewer multiplications are left to one thread."""


@dataclass(frozen=True)
class NativePacking:
    """How weights are packed for the kernel, and multiplied. `parallel` is the address of GOMP_parallel."""

    library: ctypes.CDLL
    dtype: torch.dtype
    parallel: int

    def fits(self, weight_OI: Tensor) -> bool:
        """Both ways; matrix tiles are quicker where a processor has them."""
        ours = weight_OI.dtype == self.dtype and weight_OI.device.type == "cpu"
        tiled = self.dtype == torch.bfloat16 and has_matrix_tiles()
        return ours and not any(width % 16 for width in weight_OI.shape) and not tiled

    def packed(self, weight_OI: Tensor) -> Tensor:
        weight_OI = weight_OI.detach().contiguous()
        into = torch.empty(weight_OI.shape, dtype=self.dtype)
        self.library.pack_weight(weight_OI.data_ptr(), *weight_OI.shape, into.data_ptr())
        return into

    def multiply(self, input: Tensor, packed: Tensor, bias: Tensor | None, add: Tensor | None) -> Tensor:
        """[..., I] → [..., O]; `add` is what it is added to, in place."""
        inputs, input = input.shape[-1], input.contiguous()
        outputs, rows = packed.shape[0], input.numel() // inputs
        output = input.new_empty(*input.shape[:-1], outputs) if add is None else add.contiguous()
        self.library.packed_product(
            input.data_ptr(), packed.data_ptr(), None if bias is None else bias.data_ptr(), rows, inputs, outputs,
            add is not None, output.data_ptr(),
            torch.get_num_threads() if rows * packed.numel() >= _WORTH else 1, self.parallel,
        )  # fmt: skip
        return output
