"""What a user sees of a download: a bar on a terminal, a line a file elsewhere. All of it on stderr."""

from __future__ import annotations

import sys

from tqdm import tqdm


class Progress:
    """One bar over all files."""

    def __init__(self, total: int | None) -> None:
        """Args: total: Bytes to come; None when nobody knows."""
        hidden = not sys.stderr.isatty()
        self._bar = tqdm(total=total, unit="B", unit_scale=True, unit_divisor=1024, disable=hidden, leave=False)

    def advance(self, count: int) -> None:
        """Say that `count` bytes more are here; fewer than none when some had to be dropped."""
        self._bar.update(count)

    def tell(self, line: str) -> None:
        """Print a line without tearing the bar."""
        tqdm.write(line, file=sys.stderr)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
