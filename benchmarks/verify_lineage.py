"""Times the verification of large releases: many steps, and many bytes. Beside it, in-toto-verify and openssl.

Each verification runs in a process of its own, from the start of Python to the verdict; seconds are of wall time, and
of processor with what both processors did. Every file is hashed; of the first two releases that is little.

    PYTHONPATH=src/python:tests python3 benchmarks/verify_lineage.py [steps|bytes]
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
from pedigree.trust.seal import seal
from trust.builder import closure_of_demo, deliver, lay_out, make_key, stock_commands, stock_tools
from trust.large import closure_of

STEPS = (1000, 10_000)
GIB = 1 << 30
WEIGHTS = "adapter_model.safetensors"
SHARD = "adapter_model-2.safetensors"
VERIFY = "import sys; from pedigree.cli.main import main; sys.exit(main())"


# In a small process of its own: the largest memory of a child begins with what its parent had.
TIMED = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
print(f"{time.perf_counter() - start:6.2f} s, {cpu:6.2f} s of processor, {memory:5.0f} MB")
sys.exit(os.waitstatus_to_exitcode(status))
"""


def timed(command: list[str], directory: Path) -> str:
    """Run a command that must exit with 0; wall time, processor time and the largest memory, as text."""
    watch = [sys.executable, "-c", TIMED, *command]
    done = subprocess.run(watch, cwd=directory, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: {command[0]} exits with {done.returncode}")
    return done.stdout.strip()


def verified(release: Path) -> str:
    """What `pedigree verify` takes."""
    key = str(release / "attestations/keys/signer.pub")
    return timed([sys.executable, "-c", VERIFY, "verify", str(release), "--key", key], Path.cwd())


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


def measure_steps(scratch: Path, uri: str, tools: Path) -> None:
    """Verify releases of many steps."""
    for steps in STEPS:
        work = lay_out(scratch / str(steps), uri, *closure_of(steps))
        start = time.perf_counter()
        seal(work, uri)
        print(f"{steps} steps: sealed in {time.perf_counter() - start:.1f} s", flush=True)
        release = deliver(work)
        print(f"  openssl verifies {signatures_a_second()} signatures a second; {2 * steps} are to be verified")
        print(f"  pedigree verify: {verified(release)}", flush=True)
        print(f"  in-toto-verify:  {by_in_toto(release, tools)}", flush=True)
        shutil.rmtree(work)


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
        if which in ("", "bytes"):
            measure_bytes(scratch, uri)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
