"""The engine: one frozen base and the calls on it. Every call names the adapters it means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from selfstudy.domain.identity import content_hash
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.backbone import Backbone
from selfstudy.engine.contract import GenerateRequest, Generation, Score, ScoreRequest, TrainJob, TrainResult
from selfstudy.engine.generate import generate
from selfstudy.engine.packed_linear import PackedLinear
from selfstudy.engine.projections import find_projections, select
from selfstudy.engine.score import score
from selfstudy.engine.subspace import Subspace, general_subspace
from selfstudy.engine.train import Progress, train
from selfstudy.models.compute import number_of_lanes

WORTH_FORKING = 1 << 39
"""Tokens times bytes of the base from which a call is worth several processes: a second or more of work."""


class Engine:
    """Trains, generates and scores over `model`, which is frozen; its attention is replaced and, on a processor, its
    linear layers.

    `identity` names the base; adapters remember it. `slots` is the most adapters trained at once,
    `tokens_in_flight` the most tokens a pass holds, `rows_at_once` the most continuations decoded together,
    `lanes` how many processes share a call (None: as the device and the work suggest).

    Raises:
        ValueError: the model cannot be run packed; the message names it.
    """

    def __init__(
        self, model: Any, identity: str, *, slots: int = 16, tokens_in_flight: int = 2048, rows_at_once: int = 128,
        lanes: int | None = None,
    ) -> None:  # fmt: skip
        model.requires_grad_(False)
        model.eval()
        self.identity = identity
        self.backbone = Backbone(model)
        self.projections = find_projections(model)
        if not self.projections:
            raise ValueError(f"engine: {self.backbone.name} has no nn.Linear in its decoder layers to adapt")
        self._lanes = lanes
        self._slots, self._tokens, self._rows = slots, tokens_in_flight, rows_at_once

    @property
    def layers(self) -> int:
        return self.backbone.depth

    @property
    def width(self) -> int:
        """Numbers in a hidden state."""
        return int(self.backbone.head.weight.shape[1])

    @property
    def num_bytes(self) -> int:
        """Memory that the base takes."""
        return sum(p.numel() * p.element_size() for p in self.backbone.model.parameters())

    @property
    def packed_bytes(self) -> int:
        """Memory that copies of the base's weights in the layout of the processor's kernels take by now."""
        return sum(m.packed_bytes for m in self.backbone.model.modules() if isinstance(m, PackedLinear))

    @property
    def arithmetic(self) -> str:
        """What rounds results, weights aside: config, precision, device, versions, threads, kernels, cuts of passes."""
        config = self.backbone.model.config.to_dict()  # the version of transformers is in it
        config.pop("_name_or_path", None)  # where the model lies changes nothing
        return json.dumps(
            [
                config, str(self.backbone.dtype), self.backbone.device.type, torch.__version__,
                torch.get_num_threads(), self._lanes, self._tokens, self._rows, self.backbone.native.identity,
            ],
            sort_keys=True, default=str,
        )  # fmt: skip

    def train(self, jobs: Sequence[TrainJob], *, progress: Progress | None = None) -> list[TrainResult]:
        """Train each job's adapter; see `engine.train.train`."""
        tokens = sum(len(row.ids) * job.recipe.epochs for job in jobs for row in job.rows)
        self.backbone.ready_to_train()
        at_work = sorted((min(job.recipe.rows_per_step, len(job.rows)) for job in jobs), reverse=True)[: self._slots]
        return train(
            self.backbone, self.projections, self.identity, jobs,
            lanes=self._lanes_for(tokens, sum(at_work)), slots=self._slots, tokens_in_flight=self._tokens,
            progress=progress,
        )  # fmt: skip

    def _lanes_for(self, tokens: int, pieces: int) -> int:
        """For a call over so many tokens, of which at most so many pieces go on at the same time."""
        wanted = self._lanes
        if wanted is None:
            worth = tokens * self.num_bytes >= WORTH_FORKING
            wanted = number_of_lanes(self.backbone.device) if worth else 1
        return max(1, min(wanted, pieces))

    def subspace(self, rows: Sequence[tuple[int, ...]], share: float, first_layer: int = 0) -> Subspace:
        """Directions that the base uses on `rows`, from `first_layer` up; see `engine.subspace.general_subspace`."""
        chosen = tuple(p for p in self.projections if p.layer >= first_layer)
        lanes = self._lanes_for(sum(map(len, rows)), len(chosen))
        return general_subspace(self.backbone, chosen, rows, share=share, lanes=lanes, tokens_in_flight=self._tokens)

    def generate(self, requests: Sequence[GenerateRequest]) -> list[Generation]:
        """Continue each request's ids; see `engine.generate.generate`."""
        self._check([a for r in requests for a in r.adapters])
        tokens = sum(len(r.ids) + r.max_new_tokens for r in requests)
        # What a lane tells whoever watches is told in another process.
        pieces = 1 if any(r.watch is not None for r in requests) else len(requests)
        return generate(
            self.backbone, self.projections, requests,
            lanes=self._lanes_for(tokens, pieces), rows_at_once=self._rows, tokens_in_flight=self._tokens,
        )  # fmt: skip

    def score(self, requests: Sequence[ScoreRequest], top_k: int = 0) -> list[Score]:
        """Log-probabilities of each request's continuation; see `engine.score.score`."""
        self._check([a for r in requests for a in r.adapters])
        lanes = self._lanes_for(sum(len(r.ids) for r in requests), len(requests))
        return score(self.backbone, self.projections, requests, top_k=top_k, lanes=lanes, tokens_in_flight=self._tokens)

    def read_adapter(self, data: bytes) -> tuple[Adapter, Mapping[str, str]]:
        """An adapter of this base from the bytes of `Adapter.to_bytes`, with what was said about it."""
        return Adapter.from_bytes(data, base=self.identity, projections=self.projections)

    def fits(self, adapter: Adapter, recipe: UpdateRecipe) -> bool:
        """Whether training by `recipe` can go on from `adapter`: same base and rank, and on the same projections."""
        paths = {p.path for p in select(self.projections, recipe)}
        return adapter.base == self.identity and adapter.rank == recipe.rank and {*adapter.weights} == paths

    def _check(self, adapters: Sequence[Adapter]) -> None:
        for adapter in adapters:
            if adapter.base != self.identity:
                raise ValueError(f"adapter: it belongs to base {adapter.base!r}, this base is {self.identity!r}")

    @torch.no_grad()
    def merge(self, adapters: Sequence[Adapter]) -> str:
        """Add adapters to the base's weights for good (sums in fp32) and return the new base's identity.

        Raises:
            ValueError: an adapter of another base.
        """
        self._check(adapters)
        for projection in self.projections:
            pairs = [(a.scale, *a.weights[projection.path]) for a in adapters if projection.path in a.weights]
            if pairs:
                weight = projection.module.weight
                wide = weight if weight.dtype == torch.float64 else weight.float()
                update = sum((scale * (b @ a) for scale, a, b in pairs), torch.zeros(()))
                weight.copy_((wide + update.to(wide)).to(weight.dtype))
                if isinstance(projection.module, PackedLinear):
                    projection.module.repack()
        self.identity = content_hash("merged", self.identity, *(adapter_hash(a) for a in adapters))
        return self.identity


def adapter_hash(adapter: Adapter) -> str:
    """Content hash of an adapter's weights and scale."""
    parts = [str(adapter.rank), str(adapter.alpha), adapter.base]
    for path in sorted(adapter.weights):
        a, b = adapter.weights[path]
        parts += [path, a.numpy().tobytes().hex(), b.numpy().tobytes().hex()]
    return content_hash("adapter", *parts)
