"""Some of the files of a directory, as a directory of their own: what is scanned is what the target names, no more."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pedigree.registry.formats import file_fault
from pedigree.step.digests import list_files
from pedigree.step.errors import ToolError

# Another file system; one without links; somebody else's file, where the system guards those; a file with too many.
_NO_LINKS = (errno.EXDEV, errno.ENOTSUP, errno.EPERM, errno.EMLINK)


@contextmanager
def selected(directory: Path, names: Sequence[str]) -> Iterator[Path]:
    """A directory that holds the named files alone, while the `with` lasts; all of them when none is named.

    Files are linked, and copied where the file system cannot: nothing is followed, so a symbolic link stays one.

    Args:
        directory: Where the files lie.
        names: Paths relative to it.

    Raises:
        ToolError: A name leads elsewhere, or there is no such file.
    """
    if not directory.is_dir():
        raise ToolError(f"{directory} is not a directory", "name the directory in which the model's files lie")
    if not names or sorted(names) == list_files(directory):
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="model-") as scratch:
        for name in names:
            _link(directory, name, Path(scratch))
        yield Path(scratch)


def _link(directory: Path, name: str, scratch: Path) -> None:
    fault = file_fault(name)
    if fault:
        raise ToolError(f"{directory} / {name[:80]!r}: {fault}", "name files as the target's sources do")
    target = scratch / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            os.link(directory / name, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            shutil.copyfile(directory / name, target, follow_symlinks=False)
    except OSError as error:
        raise ToolError(f"cannot read {directory / name}: {error.strerror}", "name a file that is there") from error
