"""The store of weights: files named by the SHA-256 of their content.

<store>/sha256/<first 2 digits>/<digest>   whole and verified when they were written, mode 0444
<store>/partial/<digest>                   what has come so far of one that is being fetched
<store>/bad/<digest>                       what `verify` found to be no longer what its digest says
<store>/lock                               held, shared, by whoever fetches; alone, by whoever collects garbage
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pedigree.registry.weights_manifest import WeightsFile
from pedigree.step.context import MODEL_STORE
from pedigree.step.errors import ToolError

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Store:
    """A store of weights in a directory, which need not exist yet."""

    root: Path

    def object(self, sha256: str) -> Path:
        """Where the file of this digest lies, if it is there."""
        return self.root / "sha256" / sha256[:2] / sha256

    def partial(self, sha256: str) -> Path:
        """Where the file of this digest grows until it is whole."""
        return self.root / "partial" / sha256

    def bad(self, sha256: str) -> Path:
        """Where a file goes that is not what its digest says."""
        return self.root / "bad" / sha256

    def holds(self, file: WeightsFile) -> bool:
        """Whether the file is there with its size; its bytes are looked at when it is opened."""
        try:
            found = self.object(file.sha256).lstat()
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == file.size

    def objects(self) -> list[Path]:
        """All files that are named by a digest, sorted by it."""
        found = (path for path in self.root.glob("sha256/??/*") if _DIGEST.fullmatch(path.name))
        return sorted(path for path in found if path == self.object(path.name))

    def leftovers(self) -> list[Path]:
        """What fetches that did not end have left, and what was found to be bad."""
        return sorted([*self.root.glob("partial/*"), *self.root.glob("bad/*")])

    @contextmanager
    def being_filled(self) -> Iterator[None]:
        """Keep the garbage collector away while files are fetched.

        Raises:
            ToolError: The store cannot be written.
        """
        with self._locked(fcntl.LOCK_SH):
            yield

    @contextmanager
    def being_emptied(self) -> Iterator[None]:
        """Be the only one who changes the store.

        Raises:
            ToolError: Somebody is fetching, or the store cannot be written.
        """
        with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield

    @contextmanager
    def _locked(self, operation: int) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise unwritable(self, error) from error
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError as error:
            os.close(descriptor)
            raise ToolError(f"somebody is fetching into the store {self.root}", "try again when it is done") from error
        try:
            yield
        finally:
            os.close(descriptor)


def default_store() -> Store:
    """The store of this user: `$PEDIGREE_MODELS`, or where Pants keeps the cache that it gives to steps."""
    named = os.environ.get("PEDIGREE_MODELS")
    # Pants keeps its caches there, whatever XDG_CACHE_HOME says.
    return Store(Path(named) if named else Path.home() / ".cache/pants/named_caches/pedigree_models")


def step_store() -> Store:
    """The store that the build links into a step's directory; for a tool that is run by hand, the user's own."""
    linked = Path(MODEL_STORE)
    return Store(linked) if linked.exists() else default_store()


def unwritable(store: Store, error: OSError) -> ToolError:
    """What to tell a user whose store takes no files."""
    room = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    hint = "make room on the disk; what was fetched is kept" if room else "make it writable, or name another: --store"
    return ToolError(f"cannot write to the store {store.root}: {error.strerror}", hint)
