"""What of a 4 GiB base model crosses the engine's store when a manifest names its files.

The real backend and the real pin in a repository of their own; the store of Pants is measured before and after the
base model is built.

    PYTHONPATH=tests:src/python python3.11 benchmarks/weights_by_manifest.py /tmp/by-manifest [GIB]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from system.conftest import lay_out, stop_daemon
from system.weights import name_base


def size_of(directory: Path) -> int:
    """Bytes that the files below a directory take on the disk; Pants' databases are sparse."""
    return sum(path.stat().st_blocks * 512 for path in directory.rglob("*") if path.is_file())


def main() -> None:
    """Print the figures as a line of JSON."""
    place, gib = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 4
    repo = lay_out(place / "repo", ("build", "step", "data"))
    apart = [f"--local-store-dir={place}/store", f"--named-caches-dir={place}/caches"]
    # Packages are in the store already when weights come.
    repo.pants(*apart, "package", "datasets:train")
    name_base(repo, place / "caches/pedigree_models", ["15.6"], gib << 30)
    before = size_of(place / "store")
    start = time.perf_counter()
    done = repo.pants(*apart, "package", "models/fw:base")
    wall = time.perf_counter() - start
    grown = size_of(place / "store") - before
    stop_daemon(repo.root)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    print(json.dumps({"gib": gib, "wall_s": f"{wall:.1f}", "store_grew_bytes": grown}))


if __name__ == "__main__":
    main()
