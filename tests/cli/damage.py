"""What becomes of files that others write, and `pedigree` on them in a process with little memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MEMORY = 400 << 20


def run_apart(*call: str | bytes, signer: str = "", memory: int = MEMORY) -> subprocess.CompletedProcess[bytes]:
    """`pedigree` in a process of its own with so many bytes of memory, and a standard output that is strict UTF-8."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONIOENCODING": "utf-8:strict",
        **({"PEDIGREE_SIGNER": signer} if signer else {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "pedigree.cli.main", *call],
        env=environment,
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (memory, memory)),
    )


def require_told(done: subprocess.CompletedProcess[bytes]) -> None:
    """Hold that a command ended by itself, and said why."""
    assert done.returncode in (1, 2), (done.returncode, done.stderr)
    assert b"Traceback" not in done.stderr, done.stderr
    if done.returncode == 1 and b"DOES NOT HOLD" in done.stdout:  # a verdict is data, and tells which check it is
        return
    assert b"error: " in done.stderr
    # argparse tells how a verb is called instead.
    assert b"\nhint: " in done.stderr or done.stderr.startswith(b"usage: "), done.stderr


def run_on(
    verbs: Mapping[str, Sequence[str]], place: Path, damaged: Path, signer: str = "", memory: int = MEMORY
) -> None:
    """Run verbs, two at a time, which must tell what is wrong.

    Args:
        verbs: Verb -> its arguments, in which `{place}` and `{damaged}` are filled in.
        place: The directory of what is in order.
        damaged: What is not.
        signer: Who signs.
        memory: How many bytes each may take.
    """

    def tell(verb: str) -> None:
        arguments = [argument.format(place=place, damaged=damaged) for argument in verbs[verb]]
        done = run_apart(*verb.split(), *arguments, signer=signer, memory=memory)
        try:
            require_told(done)
        except AssertionError as failed:
            raise AssertionError(f"{verb} on {damaged.name}: {done.stderr.decode(errors='replace')}") from failed

    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(tell, verbs):
            pass


def a_gigabyte(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 30)


def not_utf8(path: Path) -> None:
    path.write_bytes(b"\xff\xfe" * 99)


def dense(path: Path) -> None:
    """JSON that is small, and takes twenty times its size when it is parsed."""
    path.write_bytes(b"[" + b"[]," * (5 << 20) + b"0]")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def nested(path: Path) -> None:
    path.write_bytes(b"[" * 100_000 + b"]" * 100_000)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
