"""Runs a command and prints what it took: wall time, processor time, the memory of all its processes together.

In a small process of its own, because the largest memory of a child begins with what its parent had. Memory that
processes share (as after a fork) counts once: it is the sum of their proportional set sizes, looked at ten times a
second, or what the largest process had at its most, if that is more.

    python3 benchmarks/timed_command.py COMMAND ...
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path


class Memory(threading.Thread):
    """Watches the memory of a process and all that come from it, until it is stopped."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.largest = 0.0
        self._process = process
        self._ended = threading.Event()

    def run(self) -> None:
        """Look ten times a second."""
        while not self._ended.wait(0.1):
            self.largest = max(self.largest, sum(map(_megabytes, _descendants(self._process))))

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join()


def _descendants(process: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = path.read_text().partition(" (")
        except OSError:  # it has ended
            continue
        parents[int(number)] = int(rest.rpartition(") ")[2].split()[1])
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _megabytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main(command: list[str]) -> int:
    """Run it; its exit status."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    memory = Memory(process.pid)
    memory.start()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    memory.stop()
    megabytes = max(memory.largest, used.ru_maxrss / 1024)
    print(f"{wall:6.2f} s, {used.ru_utime + used.ru_stime:6.2f} s of processor, {megabytes:5.0f} MB")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
