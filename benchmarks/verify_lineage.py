"""Times the verification of large releases: many steps, and many bytes. Beside it, in-toto-verify and openssl.

Each verification runs in a process of its own, from the start of Python to the verdict; seconds are of wall time, and
of processor with what both processors did. Every file is hashed; of the first two releases that is little. `lineage`
is shown in all its formats, and `start` is what a call takes that does nothing: from source and, where it was
packaged, as `dist/pedigree.pex`.

    PYTHONPATH=src/python:tests python3 benchmarks/verify_lineage.py [steps|lineage|bytes|start]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pedigree.step.digests import sha256_file
from pedigree.step.record import Record
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.seal import seal
from trust.builder import closure_of_demo, deliver, lay_out, make_key, stock_commands, stock_tools
from trust.large import closure_of

STEPS = (1000, 10_000)
GIB = 1 << 30
WEIGHTS = "adapter_model.safetensors"
SHARD = "adapter_model-2.safetensors"
PEDIGREE = [sys.executable, "-c", "import sys; from pedigree.cli.main import main; sys.exit(main())"]
PEX = Path("dist/pedigree.pex")
TIMED = Path(__file__).with_name("timed_command.py")
FORMATS = ("tree", "json", "graphml", "html")


def timed(command: list[str], directory: Path) -> str:
    """Run a command that must exit with 0; what it took, as text."""
    watch = [sys.executable, str(TIMED), *command]
    done = subprocess.run(watch, cwd=directory, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: {command[0]} exits with {done.returncode}")
    return done.stdout.strip()


def verified(release: Path) -> str:
    """What `pedigree verify` takes."""
    return timed([*PEDIGREE, "verify", str(release), "--key", str(release / KEY_FILE)], Path.cwd())


def by_in_toto(release: Path, tools: Path) -> str:
    """What command 2 of VERIFY.md takes: in-toto-verify, in a view of symbolic links."""
    command = stock_commands(release / "VERIFY.md")[1]
    return timed(["env", f"PATH={tools}:/usr/bin:/bin", "bash", "-c", command], release)


def signatures_a_second() -> str:
    """How many signatures openssl verifies in a second on one processor, now."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "ecdsap256"], capture_output=True, text=True, check=True
    )
    return done.stdout.split()[-1]


def large_files(records: list[Record], shards: dict[str, str]) -> list[Record]:
    """The records, with the weights in two files of these digests wherever they stand."""

    def two(files: dict[str, str]) -> dict[str, str]:
        paths = [path for path in files if path.endswith(WEIGHTS)]
        weights = {path[: -len(WEIGHTS)] + name: digest for path in paths for name, digest in shards.items()}
        return {**files, **weights}

    return [replace(each, materials=two(dict(each.materials)), products=two(dict(each.products))) for each in records]


def sealed(scratch: Path, uri: str, steps: int) -> Path:
    """A release of many steps, delivered."""
    work = lay_out(scratch / str(steps), uri, *closure_of(steps))
    start = time.perf_counter()
    seal(work, uri)
    print(f"{steps} steps: sealed in {time.perf_counter() - start:.1f} s", flush=True)
    return deliver(work)


def measure_steps(scratch: Path, uri: str, tools: Path) -> None:
    """Verify releases of many steps."""
    for steps in STEPS:
        release = sealed(scratch, uri, steps)
        print(f"  openssl verifies {signatures_a_second()} signatures a second; {2 * steps} are to be verified")
        print(f"  pedigree verify: {verified(release)}", flush=True)
        print(f"  in-toto-verify:  {by_in_toto(release, tools)}", flush=True)
        shutil.rmtree(scratch / str(steps))


def measure_lineage(scratch: Path, uri: str) -> None:
    """Show the largest of these lineages in every format. It is verified first, each time."""
    release = sealed(scratch, uri, STEPS[-1])
    for name in FORMATS:
        command = [*PEDIGREE, "lineage", str(release), "--key", str(release / KEY_FILE), "--format", name]
        print(f"  pedigree lineage --format {name}: {timed(command, Path.cwd())}", flush=True)


def measure_start() -> None:
    """Call what does nothing, three times each: the first one of a pex unpacks it."""
    imports = [sys.executable, "-c", "import pedigree.cli.verify, pedigree.trust.verify"]
    calls = {"pedigree --help": [*PEDIGREE, "--help"], "imports of pedigree verify": imports}
    if PEX.exists():
        calls[f"{PEX} --help"] = [str(PEX), "--help"]
    for name, command in calls.items():
        print(f"{name}: {' | '.join(timed(command, Path.cwd()) for _ in range(3))}", flush=True)


def measure_bytes(scratch: Path, uri: str) -> None:
    """Verify a release of 4 GiB in two files."""
    records, delivered = closure_of_demo()
    files = {name: scratch / name for name in (WEIGHTS, SHARD)}
    block = os.urandom(1 << 20)
    for number, path in enumerate(files.values()):
        with path.open("wb") as stream:
            stream.write(number.to_bytes(8, "big"))
            for _ in range(2 * GIB // len(block)):
                stream.write(block)
    small = {path: data for path, data in delivered.items() if not path.endswith(WEIGHTS)}
    digests = {name: sha256_file(path) for name, path in files.items()}
    work = lay_out(scratch / "bytes", uri, large_files(records, digests), small)
    for name, path in files.items():
        path.rename(work / "release" / "model" / name)
    start = time.perf_counter()
    seal(work, uri)
    print(f"4 GiB: sealed in {time.perf_counter() - start:.1f} s", flush=True)
    release = Path(shutil.copytree(work / "release", work / "dist", copy_function=os.link))
    shutil.copytree(work / "outputs", release, dirs_exist_ok=True)
    print(f"  pedigree verify: {verified(release)}", flush=True)
    shards = [str(release / "model" / name) for name in (WEIGHTS, SHARD)]
    print(f"  openssl dgst, one file after the other: {timed(['openssl', 'dgst', '-sha256', *shards], release)}")
    both = "openssl dgst -sha256 $0 & openssl dgst -sha256 $1 & wait"
    print(f"  openssl dgst, both at once: {timed(['bash', '-c', both, *shards], release)}")


def main(which: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        uri = make_key(scratch / "signer.pem")
        if which in ("", "steps"):
            measure_steps(scratch, uri, stock_tools(scratch / "tools"))
        if which in ("", "lineage"):
            measure_lineage(scratch, uri)
        if which in ("", "bytes"):
            measure_bytes(scratch, uri)
    if which in ("", "start"):
        measure_start()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
