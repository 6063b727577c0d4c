"""Doing several things at once, so that Ctrl-C ends the process at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def for_each(jobs: int, items: Sequence[Item], work: Callable[[Item], Result]) -> list[Result]:
    """The result of `work` for each item, in their order, with `jobs` of them done at once.

    The threads are daemons, unlike those of an executor: a process that is interrupted does not wait for a server.
    """
    waiting: queue.SimpleQueue[tuple[Item, Future[Result]]] = queue.SimpleQueue()
    results: list[Future[Result]] = [Future() for _ in items]
    for pair in zip(items, results, strict=True):
        waiting.put(pair)

    def labour() -> None:
        while True:
            try:
                item, result = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                result.set_result(work(item))
            except BaseException as error:
                result.set_exception(error)

    for _ in range(min(jobs, len(items))):
        threading.Thread(target=labour, daemon=True).start()
    return [result.result() for result in results]
