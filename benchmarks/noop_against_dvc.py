"""Times `./pants package` with nothing changed, against `dvc repro` with nothing changed on the same graph of stages.

The graph is read from the release's lineage: one DVC stage a step, with the outputs of its inputs as dependencies, and
fillers as outputs. Prints the median of ten runs of each, taken in turn, and their ratio.

    python -m venv /tmp/dvc && /tmp/dvc/bin/pip install dvc==3.67.1
    ./pants package models/embedded-fw-c
    python3 benchmarks/noop_against_dvc.py --dvc /tmp/dvc/bin/dvc
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RELEASE = ROOT / "dist/models/embedded-fw-c"
RUNS = 10


def write_stages(folder: Path) -> None:
    """A `dvc.yaml` (JSON is YAML) with a stage for each step, and a script that writes a stage's outputs."""
    lineage = json.loads((RELEASE / "lineage.json").read_text())
    sizes = {path.relative_to(RELEASE).as_posix(): path.stat().st_size for path in RELEASE.rglob("*") if path.is_file()}
    (folder / "make.py").write_text(
        "import pathlib, sys\n"
        "for name, size in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "    path = pathlib.Path(name)\n"
        "    path.parent.mkdir(parents=True, exist_ok=True)\n"
        "    path.write_bytes(name.encode() * (int(size) // len(name) + 1))\n"
    )
    stages = {}
    for step in lineage["steps"]:
        name = step["name"].replace(".", "-")
        outputs = {f"{name}/{path}": sizes.get(path, 100_000) for path in step["products"]}
        needed = [edge["from"].replace(".", "-") for edge in lineage["edges"] if edge["to"] == step["name"]]
        arguments = " ".join(f"{path} {size}" for path, size in outputs.items())
        stages[name] = {
            "cmd": f"python3 make.py {arguments}",
            "deps": ["make.py", *sorted(set(needed))],
            "outs": [name],
        }
    (folder / "dvc.yaml").write_text(json.dumps({"stages": stages}))


def timed(command: list[str], folder: Path) -> float:
    """Wall time of a command that has to succeed, in seconds."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="No-op of ./pants package against that of dvc repro.")
    parser.add_argument("--dvc", required=True, help="the dvc command")
    arguments = parser.parse_args()
    os.environ["DVC_NO_ANALYTICS"] = "1"
    pants = ["./pants", "package", "models/embedded-fw-c"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_stages(folder)
        subprocess.run([arguments.dvc, "init", "--no-scm", "-q"], cwd=folder, check=True)
        repro = [arguments.dvc, "repro", "-q"]
        timed(repro, folder)
        timed(pants, ROOT)
        pairs = [(timed(pants, ROOT), timed(repro, folder)) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"./pants package, nothing changed: {ours:.2f} s (median of {RUNS})")
    print(f"dvc repro, nothing changed:       {theirs:.2f} s (median of {RUNS})")
    print(f"ratio: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
