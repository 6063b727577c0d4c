"""A file that grows in the store until it is whole and its bytes are what its digest says.

Who writes it holds a lock on it. The kernel gives the lock back when that process dies, however it dies, and whoever
waited goes on where the file ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pedigree.registry.store import Store, unwritable
from pedigree.registry.weights_manifest import WeightsFile

_BLOCK = 1 << 20


class Partial:
    """The part of a file that is here, with the digest of it.

    Attributes:
        size: Bytes that are here.
    """

    def __init__(self, store: Store, file: WeightsFile, descriptor: int) -> None:
        self._store = store
        self._file = file
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self.size = 0
        if os.fstat(descriptor).st_size > file.size:
            self.restart()
        self._take_in()

    @property
    def sha256(self) -> str:
        """Digest of the bytes that are here."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Add bytes to the end.

        Raises:
            ToolError: The store does not take them.
        """
        view = memoryview(chunk)
        while view:
            try:
                count = os.pwrite(self._descriptor, view, self.size)
            except OSError as error:
                raise unwritable(self._store, error) from error
            self._digest.update(view[:count])
            self.size += count
            view = view[count:]

    def restart(self) -> None:
        """Drop all bytes."""
        os.ftruncate(self._descriptor, 0)
        self._digest = hashlib.sha256()
        self.size = 0

    def finish(self) -> None:
        """Put the whole file under its digest, on the disk and not just in memory, before anyone can see it.

        Raises:
            ToolError: The store does not take it.
            ValueError: The bytes are not those of the digest.
        """
        if self.sha256 != self._file.sha256:
            raise ValueError(f"{self.sha256} is not {self._file.sha256}")
        target = self._store.object(self._file.sha256)
        try:
            os.fsync(self._descriptor)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._store.partial(self._file.sha256).replace(target)
            os.fchmod(self._descriptor, 0o444)
            _sync_directory(target.parent)
        except OSError as error:
            raise unwritable(self._store, error) from error

    def _take_in(self) -> None:
        while block := os.pread(self._descriptor, _BLOCK, self.size):
            self._digest.update(block)
            self.size += len(block)


@contextmanager
def locked_partial(store: Store, file: WeightsFile, waiting: Callable[[], None]) -> Iterator[Partial | None]:
    """The file as far as it is here, for one writer at a time; None when it is whole.

    Args:
        store: Where it grows.
        file: What it becomes.
        waiting: Called once before it is waited for, because another thread or process writes it.

    Raises:
        ToolError: The store cannot be written.
    """
    while not store.holds(file):
        descriptor = _open(store, file.sha256)
        try:
            if _lock(store, file.sha256, descriptor, waiting):
                yield Partial(store, file, descriptor)
                return
        finally:
            os.close(descriptor)
    yield None


def _open(store: Store, sha256: str) -> int:
    path = store.partial(sha256)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unwritable(store, error) from error


def _lock(store: Store, sha256: str, descriptor: int, waiting: Callable[[], None]) -> bool:
    """Wait for the lock; whether the open file is still the partial one when it comes."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(store.partial(sha256)))
    except FileNotFoundError:
        return False


def _sync_directory(path: os.PathLike[str]) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
