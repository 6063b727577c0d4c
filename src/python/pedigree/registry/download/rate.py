"""A limit on bytes a second that all downloads share."""

from __future__ import annotations

import threading
import time


class RateLimit:
    """Lets bytes through at a rate, over all threads together."""

    def __init__(self, rate: int | None) -> None:
        """Args: rate: Bytes a second; None for no limit."""
        self._rate = rate
        self._mutex = threading.Lock()
        self._free = time.monotonic()

    def take(self, count: int) -> None:
        """Wait until `count` bytes more are within the limit."""
        if self._rate is None:
            return
        with self._mutex:
            now = time.monotonic()
            self._free = max(now, self._free) + count / self._rate
            wait = self._free - now
        time.sleep(wait)
