"""Several processes, killed processes, disks that are full or read-only: no byte is lost and none is sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

import pedigree.cli.main as cli
from pedigree.registry.keeping import collect_garbage
from pedigree.step.errors import ToolError
from registry.download.conftest import CONTENT, NAME, Place, digest
from registry.download.server import Handler

PATH = f"/{NAME}"
PART = 1_000_000
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c")
FULL = 'mkdir -p "$STORE" && mount -t tmpfs -o size=1m none "$STORE" && "$@"; code=$?; ls "$STORE/sha256"; exit $code'
READ_ONLY = 'mkdir -p "$STORE" && mount --bind "$STORE" "$STORE" && mount -o remount,bind,ro "$STORE" && "$@"'


def start(place: Place, action: str, *arguments: Path, inside: Sequence[str] = ()) -> subprocess.Popen[str]:
    """`pedigree models` as a process of its own."""
    command = [*inside, sys.executable, "-m", cli.__name__, "models", action, *map(str, arguments)]
    paths = os.pathsep.join(path for path in sys.path if path)
    store = str(place.store.root)
    environment = {**os.environ, "PYTHONPATH": paths, "PEDIGREE_MODELS": store, "STORE": store}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


def slow(handler: Handler, content: bytes, start: int) -> None:
    """The first part at once, the rest after a while."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.send(content[:PART])
    time.sleep(1.5)
    handler.send(content[PART:])


def stalled(handler: Handler, content: bytes, start: int) -> None:
    """The first part, and then nothing for longer than anybody waits."""
    handler.reply(content, 0, cut=PART)
    time.sleep(20)
    handler.close_connection = True


def need_namespaces() -> None:
    """Skip where a user may not mount."""
    probe = [*NAMESPACE, "mount -t tmpfs none /mnt"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel lets no user mount a file system of its own")


def wait_for(path: Path, size: int) -> None:
    """Until a file has so many bytes."""
    deadline = time.monotonic() + 30
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_at_once_share_one_download(place: Place) -> None:
    place.server.faults[PATH] = [slow]
    fetchers = [start(place, "fetch", place.manifest()) for _ in range(2)]
    told = sorted(fetcher.communicate(timeout=30)[1] for fetcher in fetchers)
    assert told == [f"fetched {NAME} (1.9 MiB)\n", f"waiting for {NAME}, which somebody else fetches\n"]
    assert [fetcher.returncode for fetcher in fetchers] == [0, 0]
    assert place.stored() and place.server.sent[PATH] == len(CONTENT)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, -15)])
def test_what_a_stopped_fetch_had_is_where_the_next_one_goes_on(place: Place, how: signal.Signals, code: int) -> None:
    place.server.faults[PATH] = [stalled]
    fetcher = start(place, "fetch", place.manifest())
    wait_for(place.store.partial(digest(CONTENT)), PART)
    fetcher.send_signal(how)
    err = fetcher.communicate(timeout=5)[1]
    assert fetcher.returncode == code and "Traceback" not in err
    assert not place.stored()
    assert start(place, "fetch", place.manifest()).wait(30) == 0
    assert place.stored() and place.server.ranges[PATH] == [0, PART]


def test_whoever_waits_takes_over_when_the_first_one_dies(place: Place) -> None:
    place.server.faults[PATH] = [stalled]
    first = start(place, "fetch", place.manifest())
    wait_for(place.store.partial(digest(CONTENT)), PART)
    second = start(place, "fetch", place.manifest())
    time.sleep(1)
    assert second.poll() is None and place.server.ranges[PATH] == [0]
    first.kill()
    assert second.wait(30) == 0 and place.stored() and place.server.ranges[PATH] == [0, PART]


def test_garbage_is_not_collected_under_a_running_fetch(place: Place) -> None:
    place.server.faults[PATH] = [slow]
    fetcher = start(place, "fetch", place.manifest())
    wait_for(place.store.partial(digest(CONTENT)), PART)
    with pytest.raises(ToolError, match="somebody is fetching"):
        collect_garbage(place.store, set(), dry=False)
    assert fetcher.wait(30) == 0 and place.stored()


@pytest.mark.parametrize(("disk", "words"), [(FULL, "No space left on device"), (READ_ONLY, "Read-only file system")])
def test_a_disk_that_takes_no_weights_is_one_error(place: Place, disk: str, words: str) -> None:
    need_namespaces()
    fetcher = start(place, "fetch", place.manifest(), inside=[*NAMESPACE, disk, "sh"])
    out, err = fetcher.communicate(timeout=60)
    assert fetcher.returncode in (1, 2) and words in err and err.count("error:") == 1 and "hint:" in err
    assert "Traceback" not in err and digest(CONTENT)[:2] not in out.split()


def test_a_store_that_is_read_only_can_be_used_and_looked_at(place: Place) -> None:
    need_namespaces()
    assert place.fetch(place.manifest()) == ""
    inside = [*NAMESPACE, READ_ONLY, "sh"]
    assert start(place, "fetch", place.manifest(), inside=inside).wait(30) == 0
    assert start(place, "verify", place.manifest(), inside=inside).wait(30) == 0
    path = place.store.object(digest(CONTENT))
    path.chmod(0o644)
    path.write_bytes(CONTENT[::-1])
    looking = start(place, "verify", inside=inside)
    assert "and cannot be moved away: Read-only file system" in looking.communicate(timeout=30)[0]
    assert looking.returncode == 1 and path.exists()
