"""The base model, taken apart where the engine needs it: lower layers, upper layers, head.

Rows whose adapters begin at layer b enter there with states that training never changes; those are computed once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from selfstudy.engine.attention import NAME, register
from selfstudy.engine.cache import CachedLayout
from selfstudy.engine.gates import find_gates
from selfstudy.engine.native import Native, load, parallel
from selfstudy.engine.native_linear import NativePacking
from selfstudy.engine.norms import find_norms
from selfstudy.engine.packed_linear import PackedLinear, pack_linears
from selfstudy.engine.packing import Layout, pack
from selfstudy.models.machine import memory

PACKED_SHARE = 1 / 8
"""Of the machine's memory, what packed copies of the weights may take."""


class Backbone:
    """A frozen causal language model with packed attention. `splits` is False if its layers cannot be run one by one.

    Raises:
        ValueError: the model does not fit (no decoder layers found, or packed and alone disagree); it is named.
    """

    def __init__(self, model: Any, *, tolerance: float | None = None) -> None:
        self.model = model
        self.name = type(model).__name__
        body = getattr(model, "model", None) or getattr(model, "transformer", None)
        head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
        layers = getattr(body, "layers", None)
        if body is None or head is None or layers is None:
            raise ValueError(f"engine: {self.name} has no decoder layers or no head that this engine can find")
        self.body: Any = body
        self.head: Any = head
        self.depth = len(layers)
        weight = head.weight
        self.dtype: torch.dtype = weight.dtype
        self.device: torch.device = weight.device
        on_cpu = self.device.type == "cpu"
        self.native = load(self.dtype) if on_cpu else Native(None, "", "they are for processors")
        self.norms = find_norms(model)
        self.gates = find_gates(model) if self.native.library is not None else ()
        with torch.no_grad():
            reference = self._reference()
            pack_linears(model, int(memory().total * PACKED_SHARE), self._packing())
            self.head = model.get_output_embeddings()
            register()
            self.model.set_attn_implementation(NAME)
            self.splits = self._self_test(reference, tolerance)

    def _packing(self) -> NativePacking | None:
        library, address = self.native.library, parallel()
        return None if library is None or address is None else NativePacking(library, self.dtype, address)

    def ready_to_train(self) -> None:
        """Make what backward passes need of the base. Before processes are forked, so that they share it."""
        for module in self.model.modules():
            if isinstance(module, PackedLinear):
                module.pack_backward()

    def states(self, ids_T: Tensor, layout: Layout | CachedLayout) -> Tensor:
        """Final hidden states [T, H] of packed ids, ready for the head."""
        out = self.body(
            input_ids=ids_T[None],
            position_ids=layout.positions_T[None],
            attention_mask=None,
            use_cache=False,
            layout=layout,
            kernels=self.native.library,
        )
        return out.last_hidden_state[0]  # type: ignore[no-any-return]

    def lower(self, ids_T: Tensor, layout: Layout, cut: int) -> Tensor:
        """States [T, H] that enter layer `cut`."""
        return self._run(self.body.embed_tokens(ids_T[None]), layout, 0, cut)

    def upper(self, hidden_TH: Tensor, layout: Layout, cut: int) -> Tensor:
        """From states that enter layer `cut` to final states [T, H]."""
        return self.body.norm(self._run(hidden_TH[None], layout, cut, self.depth))  # type: ignore[no-any-return]

    def _run(self, hidden: Tensor, layout: Layout, first: int, last: int) -> Tensor:
        position_ids = layout.positions_T[None]
        embeddings = self.body.rotary_emb(hidden, position_ids=position_ids)
        for layer in self.body.layers[first:last]:
            out = layer(
                hidden,
                attention_mask=None,
                position_ids=position_ids,
                position_embeddings=embeddings,
                use_cache=False,
                layout=layout,
                kernels=self.native.library,
            )
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden[0]

    def _test_rows(self) -> list[list[int]]:
        size = self.head.weight.shape[0]
        return [[(7 * i * i + 11 * r + 5) % min(size, 997) for i in range(9 + 5 * r)] for r in range(3)]

    def _reference(self) -> list[Tensor]:
        rows = self._test_rows()
        return [self.model(input_ids=torch.tensor([r], device=self.device)).logits[0].float() for r in rows]

    def _self_test(self, reference: list[Tensor], tolerance: float | None) -> bool:
        """Packed = alone, or refuse by name; True if running layer by layer gives the same as the whole model."""
        loose = {torch.float64: 1e-8, torch.float32: 1e-3}.get(self.dtype, 0.08) if tolerance is None else tolerance
        rows = self._test_rows()
        layout, _ = pack([[len(r) for r in rows]], [[False] * len(rows)], 0, self.device)
        ids_T = torch.tensor([t for row in rows for t in row], device=self.device)
        expected = torch.cat(reference)
        spread = expected.std()

        def differs(states_TH: Tensor) -> bool:
            return not bool(((self.head(states_TH).float() - expected).norm() / expected.norm()) < loose) and bool(
                spread > 0
            )

        if differs(self.states(ids_T, layout)):
            raise ValueError(
                f"engine: {self.name} gives other results packed than alone, so it cannot be trained here; "
                "models whose attention goes through transformers' attention interface work"
            )
        try:
            half = self.depth // 2
            return not differs(self.upper(self.lower(ids_T, layout, half), layout, half))
        except (AttributeError, TypeError):
            return False
