"""The rows of a step, divided among lanes and cut into passes that memory holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.lanes import stretches

WORTH = 0.65
"""A part of more than this share of a step takes as long alone as the whole does in all threads (estimated)."""
SPLIT_SLOT = 1.05
"""A slot in two lanes costs the sum of two gradients; parts of whole slots may be this much more uneven."""


@dataclass(frozen=True)
class Piece:
    """One row of one slot in a step; `share` is 1 / the summed weights of the slot's step."""

    slot: int
    job: int
    row: int
    tokens: TokenRow
    share: float


@dataclass(frozen=True)
class Pass:
    """Pieces that go through the model together; `slots`, in their order, have the bank's places from `first` on.

    Of places in `summed` there are several passes in the step.
    """

    pieces: tuple[Piece, ...]
    slots: tuple[int, ...]
    first: int
    summed: frozenset[int]


@dataclass(frozen=True)
class Plan:
    """A step: passes of each lane, for each slot the places where its gradient lies, and those that are `summed`."""

    passes: tuple[tuple[Pass, ...], ...]
    places: dict[int, tuple[int, ...]]

    @property
    def summed(self) -> frozenset[int]:
        return frozenset().union(*(each.summed for of_lane in self.passes for each in of_lane))


def plan(pieces: Sequence[Piece], lanes: int, tokens_in_flight: int) -> Plan:
    """`pieces` of a slot stand side by side. A pass holds about a lane's share of `tokens_in_flight` at most."""
    parts = divide(pieces, lanes)
    passes, places, begin = [], dict[int, tuple[int, ...]](), 0
    for part in parts:
        slots = list(dict.fromkeys(piece.slot for piece in part))
        place = {slot: begin + n for n, slot in enumerate(slots)}
        for slot in slots:
            places[slot] = (*places.get(slot, ()), place[slot])
        begin += len(slots)
        cuts = cut(part, tokens_in_flight // len(parts))
        times = Counter(slot for ahead in cuts for slot in {piece.slot for piece in ahead})
        of_lane = []
        for ahead in cuts:
            present = tuple(dict.fromkeys(piece.slot for piece in ahead))
            summed = frozenset(place[slot] for slot in present if times[slot] > 1)
            of_lane.append(Pass(tuple(ahead), present, place[present[0]], summed))
        passes.append(tuple(of_lane))
    return Plan(tuple(passes), places)


def divide(pieces: Sequence[Piece], lanes: int) -> list[list[Piece]]:
    """Parts of about equally many tokens, one a lane, in the order given; a single one where parts would be uneven.

    Slots stay whole where they can. At most `lanes` - 1 times a slot goes on in the next part.
    """
    if lanes == 1 or len(pieces) == 1:
        return [list(pieces)]
    choices = [_whole_slots(pieces, lanes), _runs(pieces, lanes)]
    whole, runs = (max(map(_tokens, parts)) for parts in choices)
    chosen = choices[0] if whole <= SPLIT_SLOT * runs else choices[1]
    parts = [part for part in chosen if part]
    return parts if max(map(_tokens, parts)) <= WORTH * _tokens(pieces) else [list(pieces)]


def cut(pieces: Sequence[Piece], tokens_in_flight: int) -> list[list[Piece]]:
    """Cut so that a slot's pieces lie in one pass, or where they are too many, in passes of their own."""
    passes: list[list[Piece]] = [[]]
    size, alone = 0, False
    for _, group in groupby(pieces, key=lambda piece: piece.slot):
        own = list(group)
        tokens = _tokens(own)
        if passes[-1] and (alone or size + tokens > tokens_in_flight):
            passes.append([])
            size = 0
        alone = tokens > tokens_in_flight
        for piece in own:
            if alone and passes[-1] and size + len(piece.tokens.ids) > tokens_in_flight:
                passes.append([])
                size = 0
            passes[-1].append(piece)
            size += len(piece.tokens.ids)
    return passes


def _whole_slots(pieces: Sequence[Piece], lanes: int) -> list[list[Piece]]:
    """Each slot, largest first, to the lane with the fewest tokens."""
    parts: list[list[Piece]] = [[] for _ in range(lanes)]
    groups = [list(group) for _, group in groupby(pieces, key=lambda piece: piece.slot)]
    for group in sorted(groups, key=_tokens, reverse=True):
        min(parts, key=_tokens).extend(group)
    return parts


def _runs(pieces: Sequence[Piece], lanes: int) -> list[list[Piece]]:
    """Neighbours together."""
    return [[pieces[n] for n in own] for own in stretches([len(piece.tokens.ids) for piece in pieces], lanes)]


def _tokens(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.tokens.ids) for piece in pieces)
