"""Writing a manifest of what a source holds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pedigree.registry.download.listing import Found, list_source
from pedigree.registry.download.measure import measure
from pedigree.registry.download.progress import Progress
from pedigree.registry.download.stream import Broken, Refused
from pedigree.registry.formats import file_fault
from pedigree.registry.weights_manifest import (
    WeightsFile,
    WeightsManifest,
    parse_weights_manifest,
    render_weights_manifest,
)
from pedigree.step.errors import ToolError


@dataclass(frozen=True)
class Lock:
    """What was found in a source.

    Attributes:
        manifest: The files that a model may be made of.
        left_out: Name of each other file -> why it is not in the manifest.
    """

    manifest: WeightsManifest
    left_out: dict[str, str]


def lock(sources: Sequence[str], folder: Path, include: str) -> Lock:
    """Describe the files of some sources by their size and digest. What a source gives no digest of is read whole.

    Args:
        sources: URLs and paths of directories.
        folder: Where the manifest will lie.
        include: Pattern of the names that are wanted.

    Raises:
        ToolError: A source cannot be read, or holds no file that is wanted.
    """
    found = [file for source in sources for file in list_source(source, folder)]
    wanted = [file for file in found if fnmatchcase(file.name, include)]
    left_out = {file.name: fault for file in wanted if (fault := file_fault(file.name))}
    kept = [file for file in wanted if file.name not in left_out]
    if not kept:
        raise ToolError(f"{', '.join(sources)}: no file is called {include} and can be a part of a model",
                        "look at the names, and at --include")  # fmt: skip
    with closing(Progress(None)) as progress:
        files = [_measured(file, folder, progress) for file in kept]
    manifest = WeightsManifest(tuple(sorted(files, key=lambda file: file.name)))
    # What we write, we can read: two sources may have a file of one name.
    return Lock(parse_weights_manifest(render_weights_manifest(manifest), "the manifest"), left_out)


def _measured(found: Found, folder: Path, progress: Progress) -> WeightsFile:
    if found.size is not None and found.sha256 is not None:
        return WeightsFile(found.name, found.size, found.sha256, (found.origin,))
    try:
        size, sha256 = measure(found.origin, folder, found.size, progress)
    except (Broken, Refused) as fault:
        raise ToolError(f"{found.origin}: {fault}", "mend the origin, or leave the file out: --include") from fault
    return WeightsFile(found.name, size, sha256, (found.origin,))
