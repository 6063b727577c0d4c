"""Filling the store with what manifests name."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pedigree.registry.download.parallel import for_each
from pedigree.registry.download.progress import Progress
from pedigree.registry.download.rate import RateLimit
from pedigree.registry.download.stream import Broken, Refused
from pedigree.registry.download.transfer import drop, transfer
from pedigree.registry.partial import Partial, locked_partial
from pedigree.registry.sizes import show_bytes
from pedigree.registry.store import Store, unwritable
from pedigree.registry.weights_manifest import WeightsFile, read_weights_manifest
from pedigree.step.errors import ToolError


@dataclass(frozen=True)
class Wanted:
    """A file that the store lacks.

    Attributes:
        file: What a manifest says of it.
        folder: Directory of that manifest, which `file:` origins are relative to.
    """

    file: WeightsFile
    folder: Path


def fetch(manifests: Sequence[Path], store: Store, jobs: int, limit: int | None) -> list[ToolError]:
    """Bring all files of some manifests into a store; what could not be brought is said in the result.

    Args:
        manifests: Files to read.
        store: Where to; what is there already is not fetched.
        jobs: Files to fetch at once.
        limit: Bytes a second for all of them together; None for no limit.

    Raises:
        ToolError: A manifest is none, or nobody can write to the store.
    """
    named = [Wanted(file, path.parent) for path in manifests for file in read_weights_manifest(path).files]
    if all(store.holds(wanted.file) for wanted in named):
        return []  # also where the store is read-only
    with store.being_filled():
        missing = [wanted for wanted in named if not store.holds(wanted.file)]
        total = sum({wanted.file.sha256: wanted.file.size for wanted in missing}.values())
        rate = RateLimit(limit)
        with closing(Progress(total)) as progress:
            outcomes = for_each(jobs, missing, lambda wanted: _outcome(wanted, store, rate, progress))
    return [outcome for outcome in outcomes if outcome is not None]


def _outcome(wanted: Wanted, store: Store, rate: RateLimit, progress: Progress) -> ToolError | None:
    def waiting() -> None:
        progress.tell(f"waiting for {wanted.file.name}, which somebody else fetches")

    try:
        with locked_partial(store, wanted.file, waiting) as partial:
            if partial is not None:
                _fill(wanted, partial, rate, progress)
                progress.tell(f"fetched {wanted.file.name} ({show_bytes(wanted.file.size)})")
    except ToolError as error:
        return error
    except OSError as error:
        return unwritable(store, error)
    return None


def _fill(wanted: Wanted, partial: Partial, rate: RateLimit, progress: Progress) -> None:
    progress.advance(partial.size)
    faults = []
    for origin in wanted.file.origins:
        try:
            _fill_from(origin, wanted, partial, rate, progress)
        except (Broken, Refused) as fault:
            faults.append(f"  {origin}: {fault}")
        else:
            partial.finish()
            return
    what = f"cannot fetch '{wanted.file.name}' ({show_bytes(wanted.file.size)})"
    hint = "what came so far is kept, and the next fetch goes on there; or add another origin to the manifest"
    raise ToolError("\n".join([what, *faults]), hint)


def _fill_from(origin: str, wanted: Wanted, partial: Partial, rate: RateLimit, progress: Progress) -> None:
    """Bytes that lay here already may be those that are wrong, so an origin gets a second chance to bring all of them.

    Raises:
        Broken: As `transfer`.
        Refused: As `transfer`, or the bytes are not those of the digest.
    """
    for resumed in (True, False) if partial.size else (False,):
        transfer(origin, wanted.folder, partial, wanted.file.size, rate, progress)
        if partial.sha256 == wanted.file.sha256:
            return
        found = partial.sha256
        drop(partial, progress)
        if not resumed:
            raise Refused(f"has other bytes: sha256 {found}, but {wanted.file.sha256} is pinned")
