"""Opening weights so that what is loaded is what was verified: one open file, and no second look-up by path.

    with verified_directory(store, manifest) as directory:
        model = AutoModelForCausalLM.from_pretrained(directory)

Standard library alone: steps import this in whatever resolve they run in.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest
from pedigree.step.errors import ToolError

_BLOCK = 1 << 20  # fits in the second-level cache, so that hashing does not wait for memory
# Not through a link, and not waiting for somebody to write to a pipe.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class VerifiedFile:
    """An open file whose bytes are what the manifest says. Close it, or use it in a `with closing(...)`.

    Attributes:
        file: What the manifest says.
        descriptor: Of the open file, whose content was hashed.
    """

    file: WeightsFile
    descriptor: int

    @property
    def path(self) -> Path:
        """A path to the open file, for this process and until it is closed, whatever has become of its name."""
        return Path(f"/proc/self/fd/{self.descriptor}")

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)


def open_verified(store: Store, file: WeightsFile) -> VerifiedFile:
    """Open a file of the store and hash it through the descriptor that its reader gets.

    Raises:
        ToolError: It is not there, or is not what the manifest says.
    """
    descriptor = _open(store, file)
    try:
        _verify(store, file, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return VerifiedFile(file, descriptor)


def open_all_verified(store: Store, files: Sequence[WeightsFile]) -> list[VerifiedFile]:
    """Open several files at once, on as many cores as this process may use.

    Raises:
        ToolError: Names every file that is not there or is not what the manifest says; none stays open.
    """
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as threads:
        waiting = [threads.submit(open_verified, store, file) for file in files]
    faults = [fault for fault in (done.exception() for done in waiting) if fault is not None]
    if not faults:
        return [done.result() for done in waiting]
    for done in waiting:
        if done.exception() is None:
            done.result().close()
    for fault in faults:
        if not isinstance(fault, ToolError):
            raise fault
    told = [fault for fault in faults if isinstance(fault, ToolError)]
    raise ToolError("\n  ".join(fault.what for fault in told), told[0].hint)


@contextmanager
def verified_directory(store: Store, manifest: WeightsManifest) -> Iterator[Path]:
    """A directory in which each name of the manifest leads to its open, verified file, while the `with` lasts.

    Only this process and those that it forks can follow the links.

    Raises:
        ToolError: As `open_all_verified`.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weights-")))
        for opened in open_all_verified(store, manifest.files):
            stack.callback(opened.close)
            link = directory / opened.file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(opened.path)
        yield directory


def open_object(store: Store, sha256: str) -> int:
    """A descriptor of the plain file of this digest, not yet verified.

    Raises:
        OSError: There is none.
    """
    descriptor = os.open(store.object(sha256), _FLAGS)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is no plain file")


def sha256_descriptor(descriptor: int) -> str:
    """The SHA-256 of an open file, 64 lower-case hex digits."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    digest = hashlib.sha256()
    block = bytearray(_BLOCK)
    view = memoryview(block)
    place = 0
    while count := os.preadv(descriptor, [block], place):
        digest.update(view[:count])
        place += count
    return digest.hexdigest()


def _open(store: Store, file: WeightsFile) -> int:
    try:
        return open_object(store, file.sha256)
    except FileNotFoundError as error:
        what = f"weights '{file.name}' are not in the store {store.root}: sha256 {file.sha256}"
        raise ToolError(what, "run, on every machine that runs steps: pedigree models fetch MANIFEST") from error
    except OSError as error:
        raise _bad(store, file, f"cannot be opened: {error.strerror}") from error


def _verify(store: Store, file: WeightsFile, descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    if size != file.size:
        raise _bad(store, file, f"have {size} bytes, but {file.size} are pinned")
    digest = sha256_descriptor(descriptor)
    if digest != file.sha256:
        raise _bad(store, file, f"have the sha256 {digest}, but {file.sha256} is pinned")


def _bad(store: Store, file: WeightsFile, fault: str) -> ToolError:
    what = f"weights '{file.name}' {fault}\n  {store.object(file.sha256)}"
    return ToolError(what, "run: pedigree models verify, which moves it away, then pedigree models fetch MANIFEST")
