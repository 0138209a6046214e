"""Softmax attention of rows to the segments they continue and to their own keys, without joining the two."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

SHORT = 128
"""From here on the fused kernel is taken: a row's own scores, [L, L] a head, would fill more memory than they save."""


@dataclass(frozen=True)
class Link:
    """Which of S segments of one level each of R rows continues.

    Row r stands at `place_R[r]` of [S, most] where its segment's rows are put together (None: the rows in order fill
    it). `seen_RP` marks the keys a row sees (None: all): segments are padded to the longest.
    """

    first: int
    segments: int
    longest: int
    most: int
    place_R: Tensor | None
    segment_R: Tensor
    seen_RP: Tensor | None

    def of(self, stored: Tensor) -> Tensor:
        """The S segments' keys or values [S, G, P, D] of a level's [*, G, C, D]."""
        return stored[self.first : self.first + self.segments, :, : self.longest]

    def together(self, rows_RGXY: Tensor) -> Tensor:
        """[R, G, X, Y] → [S, G, most·X, Y]: one matrix a segment and head."""
        _, G, X, Y = rows_RGXY.shape
        if self.place_R is not None:
            padded = rows_RGXY.new_zeros(self.segments * self.most, G, X, Y)
            rows_RGXY = padded.index_copy(0, self.place_R, rows_RGXY)
        placed = rows_RGXY.view(self.segments, self.most, G, X, Y).transpose(1, 2)
        return placed.reshape(self.segments, G, self.most * X, Y)

    def apart(self, matrices_SGXY: Tensor, X: int) -> Tensor:
        """[S, G, most·X, Y] → [R, G, X, Y]."""
        _, G, _, Y = matrices_SGXY.shape
        rows = matrices_SGXY.view(self.segments, G, self.most, X, Y).transpose(1, 2)
        rows = rows.reshape(self.segments * self.most, G, X, Y)
        return rows if self.place_R is None else rows.index_select(0, self.place_R)


Continued = list[tuple[Link, Tensor, Tensor]]
"""The levels above a row: the link, and the level's keys and values [*, G, C, D]."""


def attend_tree(
    query_RNLD: Tensor, above: Continued, key_RGCD: Tensor, value_RGCD: Tensor, seen: Tensor | None, scale: float
) -> Tensor:
    """Attention output [R, N, L, D] over the levels above, then the rows' own keys.

    `seen` [L, C] or [R, 1, L, C] marks which of their own keys the queries see; None: L = C, and each sees those up to
    itself.

    Where a prompt is divided depends on what is asked beside it, and so does the order of the sums over its keys. On a
    processor they are float64, in which the order is lost in rounding: an answer does not depend on its neighbours.
    """
    R, N, L, D = query_RNLD.shape
    if L > SHORT:
        return _fused(query_RNLD, above, key_RGCD, value_RGCD, seen, scale)
    G = key_RGCD.shape[1]
    X = N // G * L
    query = (query_RNLD * scale).reshape(R, G, X, D)
    scores = []
    for link, keys, _ in above:
        score = link.apart(link.together(query) @ link.of(keys).transpose(2, 3), X)
        scores.append(score if link.seen_RP is None else score.masked_fill(~link.seen_RP[:, None, None], -torch.inf))
    own = (query @ key_RGCD.transpose(2, 3)).view(R, N, L, -1)
    if seen is None:
        seen = _causal(L, query)
    scores.append(own.masked_fill(~seen, -torch.inf).view(R, G, X, -1))
    joined = torch.cat(scores, dim=3) if above else scores[0]
    wide = torch.float64 if joined.device.type == "cpu" or joined.dtype == torch.float64 else torch.float32
    weights = joined.softmax(dim=3, dtype=wide).to(query.dtype).to(wide)
    start = weights.shape[3] - key_RGCD.shape[2]
    out = weights[..., start:] @ value_RGCD.to(wide)
    start = 0
    for link, _, values in above:
        piece = weights[..., start : start + link.longest]
        start += link.longest
        out += link.apart(link.together(piece) @ link.of(values).to(wide), X)
    return out.to(query.dtype).reshape(R, N, L, D)


def _fused(
    query_RNLD: Tensor, above: Continued, key_RGCD: Tensor, value_RGCD: Tensor, seen: Tensor | None, scale: float
) -> Tensor:
    R, N, L, _ = query_RNLD.shape
    grouped = key_RGCD.shape[1] != N
    if not above and seen is None:
        return scaled_dot_product_attention(
            query_RNLD, key_RGCD, value_RGCD, is_causal=True, scale=scale, enable_gqa=grouped
        )
    visible = [
        torch.ones(R, 1, L, link.longest, dtype=torch.bool, device=query_RNLD.device)
        if link.seen_RP is None
        else link.seen_RP[:, None, None].expand(R, 1, L, link.longest)
        for link, _, _ in above
    ]
    visible.append((_causal(L, query_RNLD) if seen is None else seen).expand(R, 1, L, key_RGCD.shape[2]))
    keys = torch.cat([*(link.of(k).index_select(0, link.segment_R) for link, k, _ in above), key_RGCD], dim=2)
    values = torch.cat([*(link.of(v).index_select(0, link.segment_R) for link, _, v in above), value_RGCD], dim=2)
    return scaled_dot_product_attention(
        query_RNLD, keys, values, attn_mask=torch.cat(visible, dim=3), scale=scale, enable_gqa=grouped
    )


def _causal(length: int, like: Tensor) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool, device=like.device).tril()
