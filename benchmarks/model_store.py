"""Times weights of real size: a fetch from a server on this machine, and verification on load beside other hashers.

Makes true safetensors of random bytes, serves them, fetches them into a store, and opens them as a step does. Prints
GiB a second of CPU time, which is what a core does, and of wall time, which depends on what else runs. Everything lies
in one scratch directory, which goes when it ends; it needs twice the size.

    python3.11 -m venv /tmp/models && /tmp/models/bin/pip install --require-hashes -r 3rdparty/python/models.lock
    PYTHONPATH=src/python /tmp/models/bin/python benchmarks/model_store.py --gib 4
"""

from __future__ import annotations

import argparse
import hashlib
import http.server
import json
import os
import resource
import statistics
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from pedigree.registry.download.fetch import fetch
from pedigree.registry.safetensors import check_safetensors
from pedigree.registry.store import Store
from pedigree.registry.verified import open_verified
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest, render_weights_manifest

GIB = 1 << 30
BLOCK = 1 << 24
RUNS = 3
PEERS = (("sha256sum",), ("openssl", "dgst", "-sha256"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the scratch directory."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def generate(path: Path, size: int) -> str:
    """Write one tensor of `size` random bytes, no block like another; the file's digest."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    digest = hashlib.sha256()
    block = bytearray(os.urandom(BLOCK))
    with path.open("wb") as stream:
        start = struct.pack("<Q", len(header)) + header
        stream.write(start)
        digest.update(start)
        for place in range(size // BLOCK):
            block[:8] = struct.pack("<Q", place)
            stream.write(block)
            digest.update(block)
    return digest.hexdigest()


def timed(work: Callable[[], object], who: int) -> tuple[float, float]:
    """CPU and wall seconds of some work, by this process or its children."""
    before, start = resource.getrusage(who), time.perf_counter()
    work()
    after, end = resource.getrusage(who), time.perf_counter()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, end - start


def verify(store: Store, file: WeightsFile) -> None:
    """Open the file as a step does."""
    with closing(open_verified(store, file)):
        pass


def serve_and_fetch(scratch: Path, file: WeightsFile, store: Store) -> float:
    """Fetch the file from a server in this process; seconds."""
    handler = partial(Quiet, directory=str(scratch))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_address[1]}/{file.name}"
        manifest = scratch / "weights.json"
        pinned = WeightsFile(file.name, file.size, file.sha256, (origin,))
        manifest.write_bytes(render_weights_manifest(WeightsManifest((pinned,))))
        start = time.perf_counter()
        faults = fetch([manifest], store, 1, None)
        took = time.perf_counter() - start
        server.shutdown()
    if faults:
        raise SystemExit(str(faults[0]))
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch and verification of weights of real size.")
    parser.add_argument("--gib", type=int, default=4, help="size of the file (default: 4)")
    parser.add_argument("--scratch", type=Path, help="where to put it (default: the system's temporary directory)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        scratch = Path(folder)
        source = scratch / "model.safetensors"
        sha256 = generate(source, arguments.gib * GIB)
        check_safetensors(source)
        size = source.stat().st_size
        file, store = WeightsFile(source.name, size, sha256, ("file:x",)), Store(scratch / "store")
        took = serve_and_fetch(scratch, file, store)
        print(f"fetch over HTTP, hashed, synced: {size / GIB / took:.2f} GiB/s of wall time")
        path = str(store.object(sha256))
        hashers: dict[str, tuple[Callable[[], object], int]] = {
            "open_verified": (lambda: verify(store, file), resource.RUSAGE_SELF)
        }
        for peer in PEERS:
            call = partial(subprocess.run, [*peer, path], check=True, capture_output=True)
            hashers[" ".join(peer)] = (call, resource.RUSAGE_CHILDREN)
        times = {name: [timed(*hasher) for _ in range(RUNS)] for name, hasher in hashers.items()}
    ours = statistics.median(cpu for cpu, _ in times["open_verified"])
    for name, runs in times.items():
        cpu, wall = (statistics.median(column) for column in zip(*runs, strict=True))
        rate = f"{size / GIB / cpu:.2f} GiB/s a core, {size / GIB / wall:.2f} GiB/s of wall time"
        print(f"{name}: {rate} (medians of {RUNS}); ratio of CPU time to ours {cpu / ours:.2f}")


if __name__ == "__main__":
    main()
