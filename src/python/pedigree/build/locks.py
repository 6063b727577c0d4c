"""What a lock file says, and what installing it must give. Imports nothing of Pants."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pedigree.build.errors import BuildError

_PIN = re.compile(r"^([A-Za-z0-9._-]+)={2,3}([^\s;\\]+)", re.MULTILINE)


def lock_of(resolve: str, locks: Mapping[str, str]) -> str:
    """The lock file of a resolve.

    Args:
        resolve: Its name.
        locks: Name -> lock file, of those that pants.toml names.

    Raises:
        BuildError: It is not among them.
    """
    if resolve not in locks:
        raise BuildError(
            f"no resolve is named '{resolve}'", "add it to [python].resolves in pants.toml with its lock file"
        )
    return locks[resolve]


def pinned_versions(lock: str) -> dict[str, str]:
    r"""Package -> version, for every `name==version` or `name===version` line of a lock in pip's format, sorted.

    >>> pinned_versions("b==2.0 \\\n    --hash=sha256:00\n    # via a\na==1.0+cpu ; python_version > '3'\n")
    {'a': '1.0+cpu', 'b': '2.0'}
    """
    return dict(sorted(_PIN.findall(lock)))


def pin_file(lock: str) -> str:
    """Where the digest of a lock's installed packages is pinned.

    >>> pin_file("3rdparty/python/ml.lock")
    '3rdparty/python/ml.pex.sha256'
    """
    return lock[: -len(".lock")] + ".pex.sha256" if lock.endswith(".lock") else f"{lock}.pex.sha256"


def require_pinned(lock: str, sha256: str, pin: str | None) -> None:
    """Refuse packages that are not the pinned ones: they come through a cache that others may write.

    Args:
        lock: The lock file.
        sha256: Digest of the file that holds the installed packages.
        pin: What the pin file says, None where there is none.

    Raises:
        BuildError: No pin, or another one.
    """
    if pin is None:
        raise BuildError(
            f"no digest is pinned for the packages of {lock}",
            "if you just made this lock, and read no shared cache (PANTS_REMOTE_CACHE_READ=false), "
            f"write this line into {pin_file(lock)}: {sha256}",
        )
    if pin.split() != [sha256]:
        raise BuildError(
            f"the packages of {lock} have the digest {sha256}, and {pin_file(lock)} pins {' '.join(pin.split())}",
            "if you moved the lock, write the new digest into the pin; if not, a cache gave you something else: "
            "clear ~/.cache/pants, and look at who may write the shared cache (docs/remote.md)",
        )
