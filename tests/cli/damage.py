"""What becomes of files that others write, and `pedigree` on them in a process with little memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

MEMORY = 400 << 20


def run_apart(*call: str | bytes, signer: str = "") -> subprocess.CompletedProcess[bytes]:
    """`pedigree` in a process of its own, which is given `MEMORY` bytes, and a standard output that is strict UTF-8."""
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
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
    )


def require_told(done: subprocess.CompletedProcess[bytes]) -> None:
    """Hold that a command ended by itself, and said why."""
    assert done.returncode in (1, 2), (done.returncode, done.stderr)
    assert b"Traceback" not in done.stderr and b"error: " in done.stderr


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
