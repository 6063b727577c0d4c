"""How fast a log is written and verified, on SQLite in a file or in the database that a URL names.

    PYTHONPATH=tests:src/python python3.11 benchmarks/audit_log.py DIRECTORY [URL]

Appends 1,000 entries under a head each, then 100,000 in batches of 1,000, and verifies all of it. The peer of an append
is the same row written with SQLite alone, under the same settings of durability; that of verification is the SHA-256 of
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from log.writing import append, audit, event, keys_of
from pedigree.log.store import open_store
from trust.keyfile import make_key

SINGLE, BATCHES, BATCH = 1_000, 100, 1_000


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def write_bare(path: Path) -> None:
    """The rows of single appends, by SQLite alone."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("CREATE TABLE entries (number INTEGER PRIMARY KEY, data BLOB)")
    for number in range(SINGLE):
        connection.execute("INSERT INTO entries VALUES (?, ?)", (number, b"x" * 400))


def main() -> None:
    """Print the figures as a line of JSON."""
    place = Path(sys.argv[1])
    place.mkdir(parents=True)
    url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite://{place.absolute() / 'log.db'}"
    uri = make_key(place.absolute() / "signer.pem")
    append(url, [event()], uri)
    single = seconds(lambda: [append(url, [event()], uri) for _ in range(SINGLE)])
    batches = seconds(lambda: [append(url, [event()] * BATCH, uri) for _ in range(BATCHES)])
    verdicts = []
    start = time.process_time()
    verified = seconds(lambda: verdicts.append(audit(url, keys_of(uri)).verdict.holds))
    verifying = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with open_store(url) as store:
        data = b"".join(row.data for row in store.entries(store.bound()))
        count = store.bound()
    figures = {
        "single appends a second": SINGLE / single,
        "of SQLite alone": SINGLE / seconds(lambda: write_bare(place / "bare.db")),
        "entries a second in batches": BATCHES * BATCH / batches,
        "entries": count,
        "verified, s": verified,
        "verified, s of CPU": verifying,
        "SHA-256 of the same bytes, s": seconds(lambda: hashlib.sha256(data).digest()),
        "peak MiB": peak,
        "holds": verdicts[0],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
