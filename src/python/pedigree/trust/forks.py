"""One kind of work on many names, in processes beside this one.

Python verifies signatures and parses JSON on one processor at a time, whatever the number of threads.
"""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

T = TypeVar("T")

_WORTH = 200
"""Fewer names are done before processes have started."""
_AHEAD = 1 << 20
"""Bytes of results that a process may be ahead: it would stand still where a pipe holds less than it has done."""
_BUFFER = 1 << 16


@dataclass(frozen=True)
class _Child:
    process: int
    results: BinaryIO


def side_by_side(work: Callable[[str], T], names: Sequence[str]) -> Generator[T, None, None]:
    """The result of `work` for each name, in their order; raises what `work` raises for the first that fails.

    Works here, one name after the other, where it would not be faster otherwise, or where other threads run: what they
    hold when a process forks stays held in it for ever. Close it, or use it up: its processes end with it.

    Args:
        work: What it returns and raises must be what `pickle` can carry.
        names: What to work on.
    """
    count = min(processors(), len(names) // _WORTH)
    if count < 2 or threading.active_count() > 1:
        yield from map(work, names)
        return
    children: list[_Child] = []
    try:
        children += (_fork(work, names[at::count]) for at in range(count))
        for number, name in enumerate(names):
            yield _next(children[number % count], work, name)
    finally:
        for child in children:
            child.results.close()
            os.kill(child.process, signal.SIGKILL)  # it has done its work, or works for nobody
            os.waitpid(child.process, 0)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def _next(child: _Child, work: Callable[[str], T], name: str) -> T:
    try:
        result, error = pickle.load(child.results)
    except EOFError:  # it was killed
        return work(name)
    if error is not None:
        raise error
    done: T = result
    return done


def _fork(work: Callable[[str], T], names: Sequence[str]) -> _Child:
    reading, writing = os.pipe()
    _widen(writing)
    if process := os.fork():
        os.close(writing)
        return _Child(process, os.fdopen(reading, "rb", _BUFFER))
    try:
        os.close(reading)
        gc.disable()  # it would copy every page that is shared with the parent
        with os.fdopen(writing, "wb", _BUFFER) as results:
            for name in names:
                pickle.dump(_outcome(work, name), results, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)  # nothing of the parent's may be done twice, at its end neither


def _widen(pipe: int) -> None:
    # The kernel gives no more to a user who has many pipes; what it gave is slower, and as good.
    with suppress(PermissionError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _AHEAD)


def _outcome(work: Callable[[str], T], name: str) -> tuple[T | None, Exception | None]:
    try:
        return work(name), None
    except Exception as error:
        return None, error
