"""Fixed adapters stacked for inference, or as a frozen part beneath a trained one."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from selfstudy.engine.adapter import Adapter
from selfstudy.engine.lora import LowRank
from selfstudy.engine.projections import Projection


def stack_adapters(
    groups: Sequence[Sequence[Adapter]], projections: tuple[Projection, ...], dtype: torch.dtype, device: torch.device
) -> dict[str, LowRank]:
    """One slot a group; a slot's update is the sum of its adapters' updates (ranks laid side by side).

    Ranks are padded with zeros to the widest slot, absent modules are zero. Scales are
    folded into B; empty where no group holds an adapter.
    """
    width = max((sum(a.rank for a in group) for group in groups), default=0)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    stacked: dict[str, LowRank] = {}
    for projection in projections:
        if not any(projection.path in adapter.weights for group in groups for adapter in group):
            continue
        a_KrI = torch.zeros(len(groups), width, projection.inputs, dtype=wide)
        b_KOr = torch.zeros(len(groups), projection.outputs, width, dtype=wide)
        for slot, group in enumerate(groups):
            start = 0
            for adapter in group:
                pair = adapter.weights.get(projection.path)
                if pair is not None:
                    a_KrI[slot, start : start + adapter.rank] = pair[0]
                    b_KOr[slot, :, start : start + adapter.rank] = pair[1] * adapter.scale
                start += adapter.rank
        stacked[projection.path] = LowRank(a_KrI.to(device, dtype), b_KOr.to(device, dtype))
    return stacked
