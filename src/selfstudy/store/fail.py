"""Failpoints: places in the commit protocol where a test kills the process or lets the disk fail.

`SELFSTUDY_FAIL=name:nth:kill|enospc|eio` fires when the step `name` is reached for the nth time after the store was
opened, just before the step is taken. Without the variable nothing happens.
"""

from __future__ import annotations

import errno
import itertools
import os
import signal
from collections.abc import Callable, Mapping

VARIABLE = "SELFSTUDY_FAIL"

STEPS = (
    "blob-write",
    "blob-fsync",
    "blob-rename",
    "folder-fsync",
    "transaction-begin",
    "transaction-commit",
    "after-commit",
)
_ERRORS = {"enospc": errno.ENOSPC, "eio": errno.EIO}

Fail = Callable[[str], None]


def no_failure(step: str) -> None:
    """What the store calls at each step when no test asks for more."""


def failpoint(environment: Mapping[str, str]) -> Fail:
    """The failpoint that `environment` asks for; it counts for itself.

    Raises:
        ValueError: the variable is not of the form above.
    """
    wanted = environment.get(VARIABLE)
    if not wanted:
        return no_failure
    name, _, rest = wanted.partition(":")
    nth, _, action = rest.partition(":")
    if name not in STEPS or not nth.isdecimal() or int(nth) < 1 or action not in ("kill", *_ERRORS):
        raise ValueError(
            f"{VARIABLE}={wanted!r} is not name:nth:kill|enospc|eio, nth from 1; the names are {', '.join(STEPS)}"
        )
    reached = itertools.count(1)

    def fail(step: str) -> None:
        if step != name or next(reached) != int(nth):
            return
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            raise OSError(_ERRORS[action], os.strerror(_ERRORS[action]))

    return fail
