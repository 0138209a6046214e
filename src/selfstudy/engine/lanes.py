"""Lanes: processes that each work out a part of a call, over the same weights in memory.

On a processor, a step of a small model is thousands of operations on a few hundred tokens. Shared between threads, each
of them costs a fork and a join, and the short ones run on one thread while the others wait. Python threads that each
take a part wait for the interpreter's lock instead (measured: two were no quicker than torch's own threads, where two
processes gave twice what one gives). So a lane is a forked process: it sees everything that was there before, runs the
same loop, computes its own part and leaves results in memory that was mapped shared, or sends them at the end. Lanes
meet by exchanging small values; none goes on before all have sent theirs.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import torch
from torch import Tensor

Value = TypeVar("Value")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class Lane:
    """One of `count` lanes; number 0 is the process that opened them. `threads` are torch's of all lanes together."""

    def __init__(self, number: int, threads: int, others: Sequence[Connection] = ()) -> None:
        self.number, self.threads = number, threads
        self._others = others

    @property
    def count(self) -> int:
        return 1 + len(self._others)

    def gather(self, value: Value) -> list[Value]:
        """What each lane sent, by number; all lanes call this equally often.

        Raises:
            MemoryError: a lane is gone. The system kills processes that take too much memory.
            BaseException: what another lane failed with.
        """
        for other in self._others:
            try:
                other.send(value)
            except ConnectionError:  # it is gone; what it said before is still to be read
                continue
        found = [self._receive(other) for other in self._others]
        found.insert(self.number, value)
        return found

    def _receive(self, other: Connection) -> Any:
        try:
            found = other.recv()
        except (EOFError, ConnectionError) as error:
            raise MemoryError("a lane was killed") from error
        if isinstance(found, _Failed):
            raise found.error
        return found

    def collect(self, values: Sequence[Value]) -> list[Value]:
        """Number 0 has the values of all lanes, by number; they may be large. The others have their own.

        Raises:
            As `gather`.
        """
        if self.number == 0:
            found = list(values)
            for other in self._others:
                found += self._receive(other)
            return found
        self._others[0].send(values)
        return list(values)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block that runs in number 0 while the others wait, with all threads."""
        own = torch.get_num_threads()
        if own != self.threads:
            torch.set_num_threads(self.threads)
        try:
            yield
        finally:
            if own != self.threads:
                torch.set_num_threads(own)

    def wait(self) -> None:
        """Until all lanes are here."""
        self.gather(None)


def stretches(costs: Sequence[int], lanes: int) -> list[range]:
    """Items in order, a stretch a lane, so that each costs about the same: an item goes where its middle falls."""
    total, before, ends = sum(costs), 0, [0] * (lanes + 1)
    for item, cost in enumerate(costs):
        lane = min(lanes - 1, (2 * before + cost) * lanes // (2 * total))
        ends[lane + 1] = item + 1
        before += cost
    for lane in range(lanes):
        ends[lane + 1] = max(ends[lane + 1], ends[lane])
    return [range(begin, end) for begin, end in pairwise(ends)]


def shared_zeros(*shape: int, dtype: torch.dtype) -> Tensor:
    """Zeros on the processor that lanes opened later share; memory is taken as they are written to.

    Raises:
        MemoryError: there is not so much address space.
    """
    try:
        held = mmap.mmap(-1, max(1, prod(shape) * dtype.itemsize))
    except OSError as error:
        raise MemoryError(f"{prod(shape) * dtype.itemsize} bytes to be shared: {error}") from error
    return torch.frombuffer(held, dtype=dtype, count=prod(shape)).view(shape)


@contextmanager
def opened(count: int) -> Iterator[Lane]:
    """Runs the block in `count` lanes, or in one where the system grants no more processes.

    Only number 0 comes out of it; it has its error or another lane's.
    """
    threads = torch.get_num_threads()
    ends = _mesh(count)
    try:
        number, children = _fork(count)
    except OSError:
        ends, number, children = _mesh(1), 0, []
    if len(ends) == 1:
        yield Lane(0, threads)
        return
    for owner, of_owner in enumerate(ends):
        for end in of_owner if owner != number else ():
            end.close()
    torch.set_num_threads(max(1, threads // count))
    lane = Lane(number, threads, ends[number])
    try:
        yield lane
    except BaseException as error:
        if number:
            _tell(ends[number], error)
        raise
    finally:
        if number:
            os._exit(0)  # without the opener's exit handlers and buffers, which are copies here
        _end(children)
        for end in ends[0]:
            end.close()
        torch.set_num_threads(threads)


def _mesh(count: int) -> list[list[Connection]]:
    """For each lane its ends of the pipes to the others, by number."""
    ends: list[dict[int, Connection]] = [{} for _ in range(count)]
    for one in range(count):
        for other in range(one + 1, count):
            ends[one][other], ends[other][one] = Pipe()
    return [[of_lane[other] for other in sorted(of_lane)] for of_lane in ends]


def _fork(count: int) -> tuple[int, list[int]]:
    """This process's number, and in number 0 the other processes."""
    opener, children = os.getpid(), list[int]()
    for number in range(1, count):
        with warnings.catch_warnings():
            # Python warns of threads that hold locks: torch's are idle, and a lane touches nobody else's locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                child = os.fork()
            except OSError:
                _end(children)
                raise
        if child == 0:
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            if os.getppid() != opener:
                os._exit(1)
            gc.freeze()  # finalizers of the opener's objects are not to run here
            return number, []
        children.append(child)
    return 0, children


def _end(children: Sequence[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _tell(others: Sequence[Connection], error: BaseException) -> None:
    for other in others:
        try:
            other.send(_Failed(error))
        except (OSError, ValueError, TypeError, AttributeError):  # gone, or an error that cannot be sent
            other.close()
