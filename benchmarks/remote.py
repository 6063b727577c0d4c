"""Builds the release of this repository on remote workers and from a shared cache, beside a local build.

A real server of the remote execution API runs on this machine with two slots. Every machine is a clone of its own with
stores of its own; all of them sign with the key of whoever runs this.

    python3.11 -m venv /tmp/reapi && /tmp/reapi/bin/pip install --require-hashes -r 3rdparty/python/reapi.lock
    /tmp/reapi/bin/pip install --require-hashes -r 3rdparty/python/pytest.lock
    PYTHONPATH=tests:src/python /tmp/reapi/bin/python benchmarks/remote.py /tmp/site [release|second|stage|shards]...
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from system.reapi_proxy import start_proxy
from system.reapi_server import Casd, start_casd
from system.remote_release import differences

ROOT = Path(__file__).parents[1]
RELEASE = "models/embedded-fw-c"
STEPS = re.compile(r"Starting: (dataset|synthetic_dataset|base_model|finetune|eval_suite|evaluation|release) ")
SHARDS = 200
ROUNDS = 3
SMALL = """
dataset(name="turns", sources=["turns.jsonl"], form="messages", license="MIT", origin="internal")
finetune(
    name="sft",
    method="sft",
    base="models/base/firmware-2m",
    datasets=[":turns"],
    hyperparameters="sft.yaml",
    seed=1,
)
"""


class Machine:
    """A clone with stores of its own."""

    def __init__(self, place: Path, address: str = "", writes: bool = False, runs: bool = True) -> None:
        """Clone the repository; without an address it builds alone."""
        self.root = place / "checkout"
        if not self.root.exists():
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.root)], check=True)
        self._stores = [f"--local-store-dir={place}/store", f"--named-caches-dir={place}/caches"]
        self._engine: Mapping[str, str] = {}
        if address:
            self._engine = {
                "PANTS_CONFIG_FILES": "pants.remote.toml",
                "PEDIGREE_REMOTE": address,
                "PEDIGREE_REMOTE_TOKEN": "none",
                "PANTS_REMOTE_CACHE_WRITE": str(writes),
                "PANTS_REMOTE_EXECUTION": str(runs),
            }

    def package(self, target: str) -> tuple[float, str]:
        """Build a target, which has to succeed: wall time in seconds, daemon and all, and what Pants said."""
        start = time.perf_counter()
        done = subprocess.run(
            ["./pants", "--no-dynamic-ui", "--no-colors", *self._stores, "package", target],
            cwd=self.root,
            env={**os.environ, **self._engine},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return time.perf_counter() - start, done.stderr

    def stop(self) -> None:
        """End the daemon."""
        for file in self.root.glob(".pids/**/pantsd/pid"):
            os.kill(int(file.read_text()), 15)


def show(what: str, **figures: object) -> None:
    """Print one result as a line of JSON."""
    print(json.dumps({"what": what, **figures}, default=str), flush=True)


def release(place: Path, casd: Casd) -> None:
    """The release built remotely against the release built locally, same key."""
    local, remote = Machine(place / "local"), Machine(place / "builder", casd.address, writes=True)
    remote_wall, _ = remote.package(RELEASE)
    local_wall, _ = local.package(RELEASE)
    found = differences(*(machine.root / "dist" / RELEASE for machine in (local, remote)))
    show("release", local_s=f"{local_wall:.0f}", remote_s=f"{remote_wall:.0f}", differences=sorted(found))
    local.stop()
    remote.stop()


def second(place: Path, casd: Casd) -> None:
    """A second clean machine that only reads; needs `release` before it."""
    shutil.rmtree(place / "reader", ignore_errors=True)
    with start_proxy(casd.target) as proxy, proxy.counting() as tally:
        reader = Machine(place / "reader", proxy.address)
        wall, said = reader.package(RELEASE)
        show(
            "second machine",
            wall_s=f"{wall:.1f}",
            steps_started_here=len(STEPS.findall(said)),
            actions_run=len(tally.ran),
            hits=len(tally.hits),
            megabytes_down=sum(tally.down.values()) // 1_000_000,
            same=not differences(*(place / name / "checkout/dist" / RELEASE for name in ("builder", "reader"))),
        )
        reader.stop()


def stage(place: Path, casd: Casd) -> None:
    """A new hyperparameter of one small stage, its environment already on the worker, against the same step here.

    Eight examples, so that the step is short and the noise of the machine small beside what the engine adds.
    """
    walls: dict[str, list[float]] = {"remote": [], "here": []}
    steps: dict[str, list[float]] = {"remote": [], "here": []}
    machines = {
        "remote": Machine(place / "stage-remote", casd.address, writes=True),
        "here": Machine(place / "stage-here"),
    }
    for name, machine in machines.items():
        folder = machine.root / "models/small"
        folder.mkdir(exist_ok=True)
        (folder / "BUILD").write_text(SMALL)
        (folder / "turns.jsonl").write_text("".join(json.dumps(example(number)) + "\n" for number in range(8)))
        for run in range(ROUNDS + 1):
            settings = (machine.root / RELEASE / "sft.yaml").read_text()
            fresh = f"learning_rate: {time.time_ns() % 100_000 + 1}.0e-12"
            (folder / "sft.yaml").write_text(re.sub("learning_rate: .*", fresh, settings))
            wall, said = machine.package("models/small:sft")
            if run:  # the first one brings packages and inputs to where they are needed
                walls[name].append(wall)
                steps[name].append(_lasted(said, "finetune models/small:sft"))
        machine.stop()
    medians = {f"{name}_{what}_s": f"{statistics.median(values):.1f}" for what, found in
               (("wall", walls), ("step", steps)) for name, values in found.items()}  # fmt: skip
    added = statistics.median(walls["remote"]) - statistics.median(steps["here"])
    show("stage", **medians, added_s=f"{added:.1f}")


def example(number: int) -> dict[str, object]:
    """Something to learn."""
    turns = [{"role": "user", "content": f"int a{number};"}, {"role": "assistant", "content": "<|OK|>"}]
    return {"id": f"m{number}", "template": f"t{number}", "messages": turns}


def _lasted(said: str, step: str) -> float:
    """Seconds from the line that says that a step starts to the one that says that it has ended."""
    marks = [
        line.split()[0] for line in said.splitlines() if line.endswith((f"Starting: {step}", f"Completed: {step}"))
    ]
    start, end = ([float(part) for part in mark.split(":")] for mark in (marks[0], marks[-1]))
    return sum((b - a) * unit for a, b, unit in zip(start, end, (3600, 60, 1), strict=True))


def shards(place: Path, casd: Casd) -> None:
    """200 small shards of a dataset, on two slots of workers and on this machine."""
    walls = {}
    for name, machine in (
        ("local", Machine(place / "shards-local")),
        ("remote", Machine(place / "shards-remote", casd.address, writes=True)),
    ):
        folder = machine.root / "datasets/shards"
        folder.mkdir(exist_ok=True)
        where = ', environment="cpu-workers"' if name == "remote" else ""
        (folder / "BUILD").write_text(
            f'dataset(sources=["*.jsonl"], sharded=True, form="text", license="MIT", origin="internal"{where})\n'
        )
        for phase in ("warm", "timed"):
            for shard in range(SHARDS if phase == "timed" else 1):
                rows = ({"id": f"{phase}-{shard}-{row}", "text": f"{row} of {shard}"} for row in range(200))
                (folder / f"{shard}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            walls[name], _ = machine.package("datasets/shards")
        machine.stop()
    show(
        "shards",
        **{f"{name}_s": f"{wall:.1f}" for name, wall in walls.items()},
        ratio=f"{walls['remote'] / walls['local']:.2f}",
    )


PARTS = {"release": release, "second": second, "stage": stage, "shards": shards}


def main() -> None:
    """Measure what the command line names, or everything."""
    parser = argparse.ArgumentParser(description="Remote builds against local ones.")
    parser.add_argument("place", type=Path, help="a directory for clones and stores; it is kept")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    call = parser.parse_args()
    with start_casd(call.place / "engine") as casd:
        for part in call.parts or PARTS:
            PARTS[part](call.place, casd)


if __name__ == "__main__":
    main()
