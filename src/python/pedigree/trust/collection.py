"""Leave to parse much without searching it for circles again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector still: what is parsed from JSON refers to nothing that refers to it.

    Without this a fifth of the time of a large verification goes into looking for circles that cannot be there.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
