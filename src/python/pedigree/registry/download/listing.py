"""What a source of weights holds: a directory, a URL, a prefix in a bucket, a repository at a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from pedigree.registry.download.hub import commit_of, list_hub
from pedigree.registry.download.s3 import list_objects
from pedigree.registry.download.stream import Refused
from pedigree.registry.origins import HubPlace, bucket_place, hub_place
from pedigree.step.errors import ToolError


@dataclass(frozen=True)
class Found:
    """A file of a source.

    Attributes:
        name: Its path in the model's directory.
        origin: Its URL.
        size: Bytes, where the source says so.
        sha256: Its digest, where the source knows it.
    """

    name: str
    origin: str
    size: int | None = None
    sha256: str | None = None


def list_source(source: str, folder: Path) -> list[Found]:
    """The files of a source.

    Args:
        source: A URL, or the path of a directory.
        folder: Where the manifest will lie; files below it are named relative to it.

    Raises:
        ToolError: There is no such source, it cannot be listed, or it may hold something else tomorrow.
    """
    scheme, colon, _ = source.partition(":")
    try:
        found = list(_LISTS[scheme](source)) if colon and scheme in _LISTS else list(_directory(source, folder))
    except (Refused, ValueError) as fault:
        raise ToolError(f"{source} {fault}", "name a directory, or an https:, s3: or hf: URL") from fault
    if not found:
        raise ToolError(f"{source} holds no files", "look at how it is spelled")
    return found


def _directory(source: str, folder: Path) -> Iterator[Found]:
    root = Path(source).resolve()
    if not root.is_dir():
        raise Refused("is no directory")
    for path in sorted(root.rglob("*")):
        if path.is_file():
            place = path.relative_to(folder.resolve()) if path.is_relative_to(folder.resolve()) else path
            yield Found(path.relative_to(root).as_posix(), f"file:{quote(place.as_posix())}", path.stat().st_size)


def _web(source: str) -> Iterator[Found]:
    yield Found(unquote(PurePosixPath(urlsplit(source).path).name), source)


def _bucket(source: str) -> Iterator[Found]:
    place = bucket_place(source)
    above = len(place.key.rstrip("/")) + 1 if place.key else 0
    for key, size in list_objects(source):
        yield Found(key[above:], f"s3://{place.name}/{key}", size)


def _hub(source: str) -> Iterator[Found]:
    place = hub_place(source)
    if not place.is_pinned:
        raise _moving(place)
    for file in list_hub(place):
        yield Found(file.path, f"hf://{place.repo}@{place.revision}/{file.path}", file.size, file.sha256)


def _moving(place: HubPlace) -> ToolError:
    commit = commit_of(place)
    called = f"'{place.revision}' of {place.repo}" if place.revision else f"the default branch of {place.repo}"
    now = f" to {commit} now, and" if commit else ""
    what = f"{called} is no commit: it points{now} somewhere else tomorrow"
    return ToolError(what, f"pin it: pedigree models lock hf://{place.repo}@{commit or 'COMMIT'}")


_LISTS: dict[str, Callable[[str], Iterator[Found]]] = {"http": _web, "https": _web, "s3": _bucket, "hf": _hub}
